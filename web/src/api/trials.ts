// Ban rules tried on answers: on recorded ones, and on such as somebody has at hand.
import { asProblem, ProblemError } from "./problem";
import { answered, client, type Schemas } from "./client";

export type Verdicts = Schemas["Verdicts"];
export type CaptureVerdict = Schemas["CaptureVerdict"];
export type RuleTrial = Schemas["RuleTrial"];
export type TriedAnswer = Schemas["TriedAnswer"];
export type Rule = Schemas["BanSettings"];

export interface Trial {
  rules: Rule[];
  answers: TriedAnswer[];
  /** So many of the latest records; 0: none. */
  latest: number;
  /** Only records of these hosts: a part of the name, or a rule. */
  host?: string;
}

export async function tryRules(project: string, trial: Trial): Promise<Verdicts> {
  const { rules, answers, latest, host } = trial;
  const matching = host === undefined ? null : ({ host } as Schemas["Matching"]);
  const captures = latest === 0 ? null : { ids: [], latest, matching };
  const params = { path: { project } };
  const body = { rules, answers, captures };
  try {
    return await answered(client.POST("/api/v1/projects/{project}/bans/test", { params, body }));
  } catch (error) {
    throw likeSettings(asProblem(error));
  }
}

/** With mistakes where the same rules stand in the settings of a project. */
function likeSettings(problem: ProblemError): ProblemError {
  const { status, title, message, retryAfter } = problem;
  const errors = problem.mistakes.map(({ pointer, detail }) => {
    return { pointer: pointer.replace(/^\/rules(?=\/|$)/, "/bans"), detail };
  });
  const detail = errors.length > 0 ? "The node does not take them like this:" : message;
  return new ProblemError({ status, title, detail, errors }, retryAfter, problem.cause);
}
