//! What the data plane says of a choice, as the API shows it.

use std::sync::Arc;

use api::{Candidate, ConnectorShare, Explained, MarkedExit, Question, Refused};
use dial::Dialer;
use rotation::{Avoided, Choice, Explanation, Roster, Sessions, Share};

/// `None`: the project is not in the roster.
pub(super) fn answer(
    roster: &Roster,
    question: Question,
    reach: (&Dialer, &Arc<Sessions>),
) -> Option<Explained> {
    let Question { project, parameters, target, is_tunnel, client } = question;
    let project = Arc::clone(roster.project(project)?);
    let question = relay::Question { project, parameters, target, is_tunnel, client };
    let relay::Explained { explanation, refusal } = relay::explain(&question, reach);
    let refusal = refusal.map(|refused| Refused {
        status: refused.status,
        error: refused.error,
        sentence: refused.sentence,
        retry_after: refused.retry_after,
    });
    let mut explained = Explained {
        revision: roster.revision(),
        strategy: question.project.spec.strategy.as_str(),
        refusal,
        ..Explained::default()
    };
    if let Some(explanation) = explanation {
        fill(&mut explained, explanation);
    }
    Some(explained)
}

fn fill(explained: &mut Explained, explanation: Explanation) {
    let Explanation { stages, connectors, choices, marked, bound, why, .. } = explanation;
    explained.stages = stages.into_iter().map(|(stage, left)| (stage.as_str(), left)).collect();
    explained.connectors = connectors.iter().map(connector).collect();
    explained.candidates = choices.iter().map(candidate).collect();
    explained.marked = marked.iter().map(avoided).collect();
    (explained.bound, explained.why) = (bound, why);
}

fn connector(share: &Share) -> ConnectorShare {
    let Share { connector, tier, weight, exits, left } = *share;
    ConnectorShare { connector, tier, weight, exits, left }
}

fn avoided(avoided: &Avoided) -> MarkedExit {
    let Avoided { exit, by_host, left } = *avoided;
    MarkedExit { exit, by_host, left }
}

fn candidate(choice: &Choice) -> Candidate {
    let exit = &choice.exit;
    Candidate {
        exit: exit.id,
        connector: exit.connector.id,
        country: exit.traits.place.country,
        tier: choice.tier,
        weight: choice.weight,
        score: choice.score,
        in_flight: choice.in_flight,
        latency_p95: exit.state.latency_p95(),
    }
}
