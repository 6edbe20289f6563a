/** What every test of the page stands on: a clean document after each one. */
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(cleanup);
