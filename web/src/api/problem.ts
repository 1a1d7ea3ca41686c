// What the API says when something went wrong (RFC 9457), and how it is told to people.

export interface Mistake {
  pointer: string;
  detail: string;
}

export interface Problem {
  status: number;
  title: string;
  detail: string;
  errors?: Mistake[];
}

export class ProblemError extends Error {
  readonly status: number;
  readonly title: string;
  readonly mistakes: Mistake[];
  readonly retryAfter: number | null;

  constructor(problem: Problem, retryAfter: number | null = null, cause?: unknown) {
    super(problem.detail, { cause });
    this.name = "ProblemError";
    this.status = problem.status;
    this.title = problem.title;
    this.mistakes = problem.errors ?? [];
    this.retryAfter = retryAfter;
  }

  static of(response: Response, body: Partial<Problem> | undefined): ProblemError {
    const title = body?.title ?? (response.statusText || "Error");
    const detail = body?.detail ?? `The node answered ${response.status} ${title}.`;
    const wait = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
    const problem = { status: response.status, title, detail, errors: body?.errors };
    return new ProblemError(problem, Number.isNaN(wait) ? null : wait);
  }

  static unreachable(cause: unknown): ProblemError {
    const detail = "The node does not answer. Nothing was lost here: try again when it is back.";
    return new ProblemError({ status: 0, title: "No answer", detail }, null, cause);
  }

  /** Somebody else has changed the row since it was read. */
  get isConflict(): boolean {
    return this.status === 412;
  }

  get isLoggedOut(): boolean {
    return this.status === 401;
  }
}

export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ProblemError({ status: 0, title: "Something went wrong here", detail }, null, error);
}

/** `/rate_limit/window_seconds` as forms name it: `rate_limit.window_seconds`. */
export function fieldPath(pointer: string): string {
  return pointer
    .replace(/^[/?]/, "")
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .join(".");
}

/** Every mistake by the field that it is about. */
export function byField(problem: ProblemError): Record<string, string> {
  return Object.fromEntries(
    problem.mistakes.map(({ pointer, detail }) => [fieldPath(pointer), sentence(detail)]),
  );
}

function sentence(text: string): string {
  return text === "" ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
