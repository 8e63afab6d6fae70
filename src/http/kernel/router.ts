/** What the paths of the API look like: tells a wrong method from a wrong path. */
import { nearNames } from "./near-names.js";
import { ProblemError } from "./problem.js";

interface Route {
  method: string;
  path: string;
  segments: string[];
}

export class Router {
  #routes: Route[] = [];

  /** Takes the routes of the finished application. */
  learn(routes: readonly { method: string; path: string }[]) {
    this.#routes = routes
      .filter(({ method, path }) => method !== "ALL" && !path.includes("*"))
      .map(({ method, path }) => ({ method, path, segments: path.split("/") }));
  }

  /** The 404 or 405 for a request that no operation serves. */
  missing(method: string, path: string): ProblemError {
    const methods = [...new Set(this.#matching(path).map((route) => route.method))];
    if (methods.length > 0)
      return new ProblemError(405, "method_not_allowed", {
        detail: `${method} is not served here.`,
        hint: `This path takes ${methods.join(", ")}.`,
        headers: { Allow: methods.join(", ") },
      });
    const near = nearNames(
      path.slice(0, 300),
      [...new Set(this.#routes.map((route) => route.path))].map((route) => withValues(route, path)),
    );
    return new ProblemError(404, "no_such_path", {
      detail: `There is nothing at this path.${near.length > 0 ? ` Near paths: ${near.join(", ")}.` : ""}`,
      hint: "/docs shows every operation. The name of an instance has lower-case letters, digits, dots, dashes and underscores, and no slash.",
    });
  }

  #matching(path: string): Route[] {
    const segments = path.split("/");
    return this.#routes.filter(
      (route) =>
        route.segments.length === segments.length &&
        route.segments.every((segment, index) => segment.startsWith(":") || segment === segments[index]),
    );
  }
}

/** The declared path with the request's own values where it has parameters, so that only the fixed words count as typos. */
function withValues(route: string, path: string): string {
  const values = path.split("/");
  return route
    .split("/")
    .map((segment, index) => (segment.startsWith(":") ? (values[index] ?? segment) : segment))
    .join("/");
}
