// Draws a chart from the table that stands in the same card: the table is the truth and stays one press away.
export async function startCharts() {
  const cards = [...document.querySelectorAll("[data-chart]")];
  if (!cards.length) return;
  await import("../vendor/chart/chart.umd.min.js");
  for (const card of cards) {
    let chart = draw(card);
    document.documentElement.addEventListener("themechange", () => {
      chart.destroy();
      chart = draw(card);
    });
    card.addEventListener("click", (event) => {
      const view = event.target.closest("[data-chart-show]")?.dataset.chartShow;
      if (view) show(card, view);
    });
    show(card, "chart");
  }
}

function show(card, view) {
  card.querySelector("[data-chart-canvas]").hidden = view !== "chart";
  card.querySelector("[data-chart-table]").hidden = view !== "table";
  for (const button of card.querySelectorAll("[data-chart-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.chartShow === view));
  }
}

// The colours that the theme gives, read from elements: a custom property alone is not resolved by the browser.
function colour(card, property, className) {
  const probe = document.createElement("span");
  probe.className = className;
  card.append(probe);
  const value = getComputedStyle(probe)[property];
  probe.remove();
  return value;
}

function readTable(card) {
  const heads = [...card.querySelectorAll("thead th[data-tone]")];
  const rows = [...card.querySelectorAll("tbody tr")];
  return {
    labels: rows.map((row) => row.querySelector("th").textContent.trim()),
    series: heads.map((head, column) => ({
      label: head.textContent.trim(),
      tone: head.dataset.tone,
      numbers: rows.map((row) => Number(row.querySelectorAll("td")[column].dataset.number)),
    })),
  };
}

function draw(card) {
  const { labels, series } = readTable(card);
  const quiet = colour(card, "color", "text-muted");
  const line = colour(card, "borderTopColor", "chart-line");
  const datasets = series.map(({ label, tone, numbers }) => ({
    label,
    data: numbers,
    backgroundColor: colour(card, "backgroundColor", `solid-${tone}`),
    borderRadius: 2,
    maxBarThickness: 10,
    categoryPercentage: 0.72,
    barPercentage: 0.96,
  }));
  const font = { family: getComputedStyle(card).fontFamily, size: 11 };
  const canvas = card.querySelector("canvas");
  card.querySelector("[data-chart-canvas]").hidden = false;
  return new globalThis.Chart(canvas, {
    type: "bar",
    data: { labels, datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { display: false } },
      scales: {
        x: { grid: { display: false }, border: { color: line }, ticks: { color: quiet, font, maxRotation: 0, autoSkipPadding: 24 } },
        y: { beginAtZero: true, suggestedMax: 4, grid: { color: line }, border: { display: false }, ticks: { color: quiet, font, precision: 0, maxTicksLimit: 5 } },
      },
    },
  });
}
