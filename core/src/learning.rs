//! Learning from refusals: a lesson changes the request that was refused, and is believed once the
//! changed request has succeeded.

use std::time::SystemTime;

use crate::bedrock::CallError;
use crate::call::Call;
use crate::client::Client;
use crate::model::catalog;
use crate::model::knowledge::Knowledge;
use crate::model::learned::Lesson;
use crate::model::refusal::{self, Refusal};
use crate::operation::Fitted;
use crate::pipeline::{CallTarget, Prepared};
use crate::settings::Gating;

impl Client {
    /// What a refusal that names a parameter teaches, where the request, which is changed in just
    /// that, is worth sending once more.
    pub(crate) fn lesson_of(
        &self,
        error: &CallError,
        prepared: &mut Prepared,
        call: &Call,
    ) -> Option<Lesson> {
        let lesson = self.taught(error, prepared)?;
        let CallTarget { resolved, known, .. } = prepared.target.as_ref()?;
        if known.pending().contains(&lesson.facts) {
            // It was listened to, and that did not help.
            self.forget(resolved, &lesson.facts);
            return None;
        }
        if prepared.gating == Gating::Strict {
            // Nothing is changed here: the next request that is may prove it.
            self.learn(resolved, &lesson);
            return None;
        }
        // What the operator says is laid over what was learned.
        let known = self.presumption(resolved, Some(&lesson));
        let changed = prepared.fit(known, true, &call.blobs);
        prepared.proves |= changed;
        changed.then_some(lesson)
    }

    /// What becomes of a lesson, now that the changed request has had its response. One that succeeds
    /// proves it.
    pub(crate) fn judge(
        &self,
        lesson: &Lesson,
        prepared: &Prepared,
        refusal: &CallError,
        error: Option<&CallError>,
    ) {
        let (Some(error), Some(target)) = (error, &prepared.target) else { return };
        // Another refusal that can be learned from is a step on the way: both are tried next time.
        if error.message != refusal.message
            && let Some(next) = self.taught(error, prepared)
        {
            self.learn(&target.resolved, lesson);
            self.learn(&target.resolved, &next);
        }
    }

    /// The request has succeeded: what has changed it is believed.
    pub(crate) fn succeeded(&self, prepared: &Prepared) {
        let Some(CallTarget { resolved, known, .. }) = &prepared.target else { return };
        self.called(&resolved.call_id);
        if prepared.proves {
            for facts in known.pending() {
                let lesson = Lesson { facts: facts.clone(), at: SystemTime::now(), proven: true };
                self.learn(resolved, &lesson);
            }
        }
    }

    /// What a refusal of a request teaches.
    fn taught(&self, error: &CallError, prepared: &Prepared) -> Option<Lesson> {
        let fitted = prepared.operation.fitted() == Fitted::Conversation;
        if prepared.gating == Gating::Off || !self.settings().learning || !fitted {
            return None;
        }
        let known = &prepared.target.as_ref()?.known;
        let facts = refusal::facts(&Refusal {
            name: &error.name,
            message: &error.message,
            request: &prepared.request,
            lists_beta: &|beta| lists_beta(known, beta),
        })?;
        Some(Lesson { facts, at: SystemTime::now(), proven: false })
    }
}

/// Whether the catalog lists a beta for a model; for one that it has no betas of, for any.
fn lists_beta(known: &Knowledge, beta: &str) -> bool {
    match known.capabilities.betas.known() {
        Some(betas) => betas.iter().any(|listed| listed == beta),
        None => catalog::all().any(|entry| {
            let betas = entry.capabilities().betas.known();
            betas.is_some_and(|betas| betas.iter().any(|listed| listed == beta))
        }),
    }
}
