// What makes the pages pleasant; each of them works without.
import { startCharts } from "./charts.js";
import { startDesktop } from "./desktop.js";
import { startDialogs } from "./dialogs.js";
import { startForms } from "./forms.js";
import { startKeyboard } from "./keyboard.js";
import { startLive } from "./live.js";
import { startLiveRows } from "./live-rows.js";
import { startPalette } from "./palette.js";
import { startRequests } from "./requests.js";
import { startSelection } from "./selection.js";
import { startTabs } from "./tabs.js";
import { startThemeChoice } from "./theme-choice.js";
import { startToasts } from "./toasts.js";

startRequests();
startDialogs();
startForms();
startKeyboard();
startPalette();
startSelection();
startLiveRows();
startDesktop();
startLive();
startTabs();
startThemeChoice();
startToasts();
startCharts();
