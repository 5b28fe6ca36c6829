import { createContext, useContext } from "react";

// The store, and what the canvas does for others (focusing a step, fitting).
export const BuilderContext = createContext(null);
export const useBuilder = () => useContext(BuilderContext);
