/** The page begins: fonts, tokens, cache, router. */
import "./kit/fonts.css";
import "./kit/tokens.css";
import "./kit/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries";
import { TooltipProvider } from "./kit/Tooltip";
import { followSystem } from "./kit/theme";
import { Toaster } from "./kit/toast";
import { makeRouter } from "./routes";

followSystem();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <TooltipProvider>
        <RouterProvider router={makeRouter()} />
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
