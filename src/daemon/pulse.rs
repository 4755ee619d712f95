//! The pulse: a few UTC cron jobs that nudge. They remember nothing; what is due is asked of the planner.

use tokio::sync::mpsc::Sender;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::Nudge;

/// Each minute, on the second: slots fall on minutes, so each has its nudge without a job of its own.
const EACH_MINUTE: &str = "0 * * * * *";

/// Once a day in the small hours of China.
const EACH_NIGHT: &str = "0 17 19 * * *";

/// Starts the jobs. Dropping the scheduler ends them.
pub(super) async fn start(nudges: &Sender<Nudge>) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    for (cron, nudge) in [
        (EACH_MINUTE, Nudge::Beat),
        (EACH_MINUTE, Nudge::Mailbox),
        (EACH_NIGHT, Nudge::Housekeeping),
    ] {
        let nudges = nudges.clone();
        let job = Job::new_async(cron, move |_, _| {
            let nudges = nudges.clone();
            Box::pin(async move {
                // A full queue holds a beat already: one more would tell it nothing.
                let _ = nudges.try_send(nudge);
            })
        })?;
        scheduler.add(job).await?;
    }
    scheduler.start().await?;
    Ok(scheduler)
}
