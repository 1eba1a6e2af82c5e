//! What a Registration Authority does: behind `app::api::registration`.
//!
//! | act                          | agent (B0274) | within reach | not on themselves | fingerprint | second agent            |
//! |------------------------------|---------------|--------------|-------------------|-------------|-------------------------|
//! | see staff and requests       | yes           | yes          |                   |             |                         |
//! | invite                       | yes           | yes          |                   | yes         | for the rights below    |
//! | new code                     | yes           | all roles    | yes               | yes         | not for who has them, nor while they wait † |
//! | give a role                  | yes           | yes          | yes               | yes         | B0082, B1611, B0274, L0002 |
//! | settle a request             | yes           | yes          | yes               | yes         | is one: not who asked, nor who has another role there ‡ |
//! | end a role                   | yes           | yes          | yes               | yes         |                         |
//! | end passkeys and sessions    | yes           | all roles    | yes               | yes         |                         |
//! | leave                        | yes           | yes          | yes               | yes         |                         |
//!
//! † With the code one could sign in as them. `ncrs enrol` makes it: who may run that is someone else.
//! Nor does it while a right waits. What could have been had before the second agent looked ends with
//! their approval: codes that were not used, passkeys made since the right was asked for, and passkeys
//! that go back to a code of either of the two agents, with the sessions and vaults of all of these. The
//! person is told, and so are both agents.
//!
//! ‡ Or had one there in the last 12 months. Their roles as agents of a Registration Authority do not count.
//!
//! The right to approve organisations nationally (L0002) is given by agents of the national body alone,
//! there, and by itself.
//!
//! Within reach: the organisation of the agent's role, and those that it registers for. The audit has
//! every act before it is done, and every refusal; the person is told of what was ended.

use super::notices::{self, By, Notice, What};
use super::session::{self, Which};
use super::staff::{self, CODE_LIFETIME, LOOK_BACK};
use super::{Event, Identity, from_micros, micros, passkey, stored};
use crate::access::includes;
use crate::audit::{Action, Actor, Entry, Outcome};
use crate::caller::{Caller, SignedInCaller};
use crate::contexts::is_unique_violation;
use crate::failure::{Failure, Result};
use app::api::registration::{Invitation, NewRole, RoleRequest, StaffLine, StaffList, StaffView};
use app::ports;
use app::problem::{Kind, Problem};
use async_trait::async_trait;
use domain::ids::{NoticeId, PasskeyId, PersonId, RoleId, RoleRequestId, SessionRef};
use domain::role::{Activity, CareSetting, Organisation, Person, RoleAssignment};
use domain::{FieldError, OdsCode};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Longest name of a person or a job, in characters.
const LONGEST_NAME: usize = 100;
/// Longest login, in characters.
const LONGEST_LOGIN: usize = 64;
/// For the columns of sessions that are not this browser's.
const NO_SESSION: SessionRef = SessionRef(uuid::Uuid::nil());

/// A row of `role_request`: id, person, organisation, job code and name, activities, who asked, when.
type RequestRow = (String, String, String, String, String, String, String, i64);

/// Registering staff, for one request.
pub struct RegistrationPort {
    identity: Arc<Identity>,
    caller: Caller,
}

/// An agent, and what is within their reach.
struct Agent<'a> {
    person: &'a SignedInCaller,
    actor: Actor,
    reach: Vec<Organisation>,
}

impl Agent<'_> {
    fn reaches(&self, ods: &OdsCode) -> bool {
        self.reach
            .iter()
            .any(|organisation| organisation.ods == *ods)
    }

    /// Those of the roles that the agent may see and end.
    fn seen(&self, roles: Vec<RoleAssignment>) -> Vec<RoleAssignment> {
        roles
            .into_iter()
            .filter(|role| self.reaches(&role.organisation.ods))
            .collect()
    }

    /// What keeps the agent from giving that role, whatever its organisation.
    fn may_not_give(&self, role: &NewRole) -> Option<FieldError> {
        if !role
            .activities
            .iter()
            .any(|activity| activity.given_nationally())
        {
            return None;
        }
        let own = self.person.role.as_ref().map(|role| &role.organisation);
        let national = own.is_some_and(|own| {
            own.setting == CareSetting::NationalBody && own.ods == role.organisation
        });
        let message = if !national {
            "Only the national body gives the right to approve organisations"
        } else if role.activities.len() > 1 {
            "Who approves organisations may do nothing else in that role"
        } else {
            return None;
        };
        Some(FieldError::new("activities", message))
    }

    fn not_themselves(&self, person: PersonId) -> Result<()> {
        if self.person.person == person {
            Err(Kind::NotFound.into())
        } else {
            Ok(())
        }
    }
}

/// What an approval ends.
#[derive(Default)]
struct Void {
    /// Codes that were not used.
    codes: u64,
    passkeys: Vec<PasskeyId>,
    sessions: Vec<SessionRef>,
}

impl Void {
    fn is_empty(&self) -> bool {
        self.codes == 0 && self.passkeys.is_empty()
    }
}

/// Someone within reach.
struct Member {
    person: Person,
    login: String,
    roles: Vec<RoleAssignment>,
    /// They have no role elsewhere.
    whole: bool,
}

impl RegistrationPort {
    /// For that caller.
    pub fn new(identity: Arc<Identity>, caller: Caller) -> Self {
        Self { identity, caller }
    }

    /// Who asks, where they are an agent.
    async fn agent(&self) -> Result<Agent<'_>> {
        let (person, role) = self.caller.in_role()?;
        includes(role, Activity::RegisterStaff)?;
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "select ods, name, setting from organisation where ods = $1 or registered_by = $1",
        )
        .bind(role.organisation.ods.to_string())
        .fetch_all(self.identity.db.read())
        .await?;
        let mut reach = rows
            .into_iter()
            .map(|(ods, name, setting)| {
                Ok(Organisation {
                    ods: stored(&ods)?,
                    name,
                    setting: setting_of(setting)?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        // Here, because each engine has its own idea of the alphabet.
        reach.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Agent {
            person,
            actor: Actor::of(self.caller.correlation, &self.caller.client, person),
            reach,
        })
    }

    /// An agent who gave their fingerprint just now.
    async fn acting(&self) -> Result<Agent<'_>> {
        let agent = self.agent().await?;
        self.caller.stepped_up(self.identity.now())?;
        self.identity.limits.agents.take(&agent.person.person)?;
        Ok(agent)
    }

    /// What an agent did, for the person to whom they did it.
    fn notice<'a>(&self, person: PersonId, what: What, about: Option<&'a str>) -> Notice<'a> {
        Notice {
            id: NoticeId(self.identity.new_id()),
            person,
            what,
            by: By::Agent,
            about,
            passkey: None,
        }
    }

    async fn tell(&self, work: &mut AnyConnection, person: PersonId, what: What) -> Result<()> {
        let notice = self.notice(person, what, None);
        notices::tell(work, &notice, self.identity.now()).await
    }

    /// Does it, and writes into the audit what was refused.
    async fn told<T>(
        &self,
        action: Action,
        detail: Value,
        done: impl Future<Output = Result<T>> + Send,
    ) -> Result<T, Problem> {
        let mut done = done.await;
        // A fault of the audit itself cannot be told to it.
        let tell = !matches!(done, Err(Failure::Audit(_)) | Ok(_));
        if let (true, Err(failure), Some(person)) = (tell, &done, &self.caller.signed_in) {
            let actor = Actor::of(self.caller.correlation, &self.caller.client, person);
            let entry = Entry::new(actor, action, Outcome::Refused)
                .with(detail)
                .failing(failure);
            if let Err(failure) = self.identity.audit.record(entry).await {
                done = Err(failure);
            }
        }
        done.map_err(|failure| failure.at_boundary(self.caller.correlation))
    }

    async fn record(&self, agent: &Agent<'_>, action: Action, detail: Value) -> Result<()> {
        let entry = Entry::new(agent.actor.clone(), action, Outcome::Allowed).with(detail);
        self.identity.audit.record(entry).await
    }

    /// Someone active with a role within reach. Whoever else it is, there is no such person.
    async fn member_of(&self, agent: &Agent<'_>, person: PersonId) -> Result<Member> {
        let (person, login) = staff::find(&self.identity.db, person)
            .await?
            .ok_or(Kind::NotFound)?;
        let all = staff::roles(&self.identity.db, person.id).await?;
        let count = all.len();
        let roles = agent.seen(all);
        if roles.is_empty() && !self.is_asked_for(agent, person.id).await? {
            return Err(Kind::NotFound.into());
        }
        Ok(Member {
            whole: roles.len() == count,
            person,
            login,
            roles,
        })
    }

    /// A role within reach waits for them: they were just invited.
    async fn is_asked_for(&self, agent: &Agent<'_>, person: PersonId) -> Result<bool> {
        let waiting = self.waiting(agent).await?;
        Ok(waiting.iter().any(|request| request.person.id == person))
    }

    /// The same, where the agent may end what is theirs as a whole.
    async fn whole_member(&self, agent: &Agent<'_>, person: PersonId) -> Result<Member> {
        agent.not_themselves(person)?;
        let member = self.member_of(agent, person).await?;
        if member.whole {
            Ok(member)
        } else {
            Err(Kind::NotFound.into())
        }
    }

    async fn list_of(&self, agent: &Agent<'_>) -> Result<StaffList> {
        let db = &self.identity.db;
        let mut ids = BTreeSet::new();
        for organisation in &agent.reach {
            let rows: Vec<(String,)> = sqlx::query_as(
                "select distinct p.id from person p join role_assignment r on r.person_id = p.id
                  where r.ods = $1 and p.active = 1",
            )
            .bind(organisation.ods.to_string())
            .fetch_all(db.read())
            .await?;
            for (id,) in rows {
                ids.insert(stored::<PersonId>(&id)?);
            }
        }
        let requests = self.waiting(agent).await?;
        ids.extend(requests.iter().map(|request| request.person.id));
        let mut staff = Vec::with_capacity(ids.len());
        for id in ids {
            let Some((person, _)) = staff::find(db, id).await? else {
                continue;
            };
            staff.push(StaffLine {
                person,
                roles: agent.seen(staff::roles(db, id).await?),
                enrolled: !passkey::list(db, id, None).await?.is_empty(),
            });
        }
        staff.sort_by(|a, b| (&a.person.name, a.person.id).cmp(&(&b.person.name, b.person.id)));
        Ok(StaffList {
            organisations: agent.reach.clone(),
            staff,
            requests,
            voided: false,
        })
    }

    /// What waits for a second agent, oldest first.
    async fn waiting(&self, agent: &Agent<'_>) -> Result<Vec<RoleRequest>> {
        let rows: Vec<RequestRow> =
            sqlx::query_as(
                "select q.id, q.person_id, q.ods, q.job_code, q.job_name, q.activities, q.asked_by, q.asked_at
                   from role_request q join person p on p.id = q.person_id and p.active = 1
                  where q.outcome is null order by q.asked_at, q.id",
            )
            .fetch_all(self.identity.db.write())
            .await?;
        let mut waiting = Vec::new();
        for (id, person, ods, job_code, job_name, activities, asked_by, asked_at) in rows {
            let organisation: OdsCode = stored(&ods)?;
            if !agent.reaches(&organisation) {
                continue;
            }
            let (person, asked_by) = (self.named(&person).await?, self.named(&asked_by).await?);
            let me = agent.person.person;
            let mine = [person.id, asked_by.id].contains(&me)
                || self.works_there(me, &organisation).await?;
            waiting.push(RoleRequest {
                id: stored(&id)?,
                may_settle: !mine,
                person,
                role: NewRole {
                    organisation,
                    job_code,
                    job_name,
                    activities: serde_json::from_str(&activities)
                        .map_err(|error| Failure::Corrupt(format!("activities: {error}")))?,
                },
                asked_by,
                asked_at: from_micros(asked_at)?,
            });
        }
        Ok(waiting)
    }

    /// The agent has a role in that organisation that is not an agent's, or had one lately: they decide
    /// on nothing for those with whom they work.
    async fn works_there(&self, agent: PersonId, ods: &OdsCode) -> Result<bool> {
        let since = self.identity.now() - LOOK_BACK;
        let row: Option<(String,)> = sqlx::query_as(
            "select r.id from role_assignment r
              where r.person_id = $1 and r.ods = $2 and not exists
                    (select 1 from role_activity a where a.role_id = r.id and a.code = $3)
             union all
             select e.ods from role_ended e
              where e.person_id = $1 and e.ods = $2 and e.registers = 0 and e.ended_at > $4",
        )
        .bind(agent.to_string())
        .bind(ods.to_string())
        .bind(Activity::RegisterStaff.code())
        .bind(micros(since))
        .fetch_optional(self.identity.db.read())
        .await?;
        Ok(row.is_some())
    }

    /// Also of someone who has left.
    async fn named(&self, id: &str) -> Result<Person> {
        let (name,): (String,) = sqlx::query_as("select name from person where id = $1")
            .bind(id.to_owned())
            .fetch_one(self.identity.db.read())
            .await?;
        Ok(Person {
            id: stored(id)?,
            name,
        })
    }

    async fn view_of(&self, agent: &Agent<'_>, person: PersonId) -> Result<StaffView> {
        let member = self.member_of(agent, person).await?;
        let db = &self.identity.db;
        let now = self.identity.now();
        Ok(StaffView {
            may_act: member.whole && agent.person.person != person,
            passkeys: passkey::list(db, person, None).await?,
            sessions: session::list(db, person, NO_SESSION, now).await?,
            person: member.person,
            login: member.login,
            roles: member.roles,
        })
    }

    async fn list(&self) -> Result<StaffList> {
        let agent = self.agent().await?;
        self.record(&agent, Action::ViewStaff, json!({})).await?;
        self.list_of(&agent).await
    }

    async fn view(&self, person: PersonId) -> Result<StaffView> {
        let agent = self.agent().await?;
        let view = self.view_of(&agent, person).await?;
        self.record(&agent, Action::ViewStaff, json!({ "of": person }))
            .await?;
        Ok(view)
    }

    async fn register(&self, name: &str, login: &str, role: &NewRole) -> Result<Invitation> {
        let agent = self.acting().await?;
        let (name, login) = (name.trim(), login.trim());
        let mut problems = Vec::new();
        if !fits(name) {
            problems.push(FieldError::new(
                "name",
                "Enter their name, in 100 characters or fewer",
            ));
        }
        let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_@'".contains(letter);
        if !(1..=LONGEST_LOGIN).contains(&login.len()) || !login.chars().all(plain) {
            problems.push(FieldError::new(
                "login",
                "Enter their login: letters, numbers, dots and dashes, 64 at most",
            ));
        }
        problems.extend(wrong_with(role));
        problems.extend(agent.may_not_give(role));
        if !problems.is_empty() {
            return Err(Kind::Invalid(problems).into());
        }
        if !agent.reaches(&role.organisation) {
            return Err(Kind::NotFound.into());
        }
        let person = Person {
            id: PersonId(self.identity.new_id()),
            name: name.to_owned(),
        };
        self.record(
            &agent,
            Action::InviteStaff,
            json!({ "of": person.id, "organisation": role.organisation }),
        )
        .await?;
        self.record_role(&agent, person.id, role).await?;
        let mut work = self.identity.db.write().begin().await?;
        let added =
            sqlx::query("insert into person (id, login, name, active) values ($1, $2, $3, 1)")
                .bind(person.id.to_string())
                .bind(login.to_owned())
                .bind(person.name.clone())
                .execute(&mut *work)
                .await;
        match added {
            Ok(_) => {}
            Err(error) if is_unique_violation(&error) => {
                let taken = FieldError::new("login", "Someone else has this login");
                return Err(Kind::Invalid(vec![taken]).into());
            }
            Err(error) => return Err(error.into()),
        }
        let awaits_approval = self.add_role(&mut work, &agent, person.id, role).await?;
        work.commit().await?;
        if awaits_approval {
            return Ok(Invitation {
                person,
                code: String::new(),
                expires_at: self.identity.now(),
                awaits_approval,
            });
        }
        self.issue(&agent, person, login).await
    }

    async fn issue(&self, agent: &Agent<'_>, person: Person, login: &str) -> Result<Invitation> {
        let identity = &self.identity;
        let mut rng = ChaCha20Rng::from_os_rng();
        let code = staff::issue_code_by(
            &identity.db,
            identity.clock.as_ref(),
            &mut rng,
            login,
            CODE_LIFETIME,
            Some(agent.person.person),
        )
        .await?
        .ok_or(Kind::NotFound)?;
        Ok(Invitation {
            person,
            code: code.to_string(),
            expires_at: identity.now() + CODE_LIFETIME,
            awaits_approval: false,
        })
    }

    async fn code_for(&self, person: PersonId) -> Result<Invitation> {
        let agent = self.acting().await?;
        let member = self.whole_member(&agent, person).await?;
        // With the code one could sign in as them: what a second agent has to approve would be to be
        // had without one.
        let roles = &member.roles;
        if roles
            .iter()
            .any(|role| needs_second_person(&role.activities))
        {
            let message =
                "Their rights need a second person: ask whoever runs the service to make the code";
            return Err(Kind::Invalid(vec![FieldError::new("new-code", message)]).into());
        }
        if staff::awaits(self.identity.db.write(), person).await? {
            return Err(staff::no_code_yet());
        }
        self.record(
            &agent,
            Action::InviteStaff,
            json!({ "of": person, "code": "new" }),
        )
        .await?;
        let invitation = self.issue(&agent, member.person, &member.login).await?;
        let mut work = self.identity.db.write().begin().await?;
        self.tell(&mut work, person, What::CodeMade).await?;
        work.commit().await?;
        Ok(invitation)
    }

    async fn record_role(&self, agent: &Agent<'_>, person: PersonId, role: &NewRole) -> Result<()> {
        let codes: Vec<&str> = role.activities.iter().map(|one| one.code()).collect();
        let detail = json!({
            "of": person,
            "organisation": role.organisation,
            "job": role.job_code,
            "activities": codes,
            "awaits": needs_second_person(&role.activities),
        });
        self.record(agent, Action::GiveRole, detail).await
    }

    /// Gives it, or asks for it: then it answers `true`.
    async fn add_role(
        &self,
        work: &mut AnyConnection,
        agent: &Agent<'_>,
        person: PersonId,
        role: &NewRole,
    ) -> Result<bool> {
        let identity = &self.identity;
        if !needs_second_person(&role.activities) {
            insert_role(work, identity.new_id(), person, role).await?;
            return Ok(false);
        }
        let activities = serde_json::to_string(&role.activities)
            .map_err(|error| Failure::Internal(format!("activities: {error}")))?;
        // So that a code or a passkey that is made at this moment is either refused, or seen here.
        notices::hold(work, person).await?;
        let passkeys = serde_json::to_string(&passkeys_of(work, person).await?)
            .map_err(|error| Failure::Internal(format!("passkeys: {error}")))?;
        sqlx::query(
            "insert into role_request
                (id, person_id, ods, job_code, job_name, activities, asked_by, asked_at, passkeys)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(identity.new_id().to_string())
        .bind(person.to_string())
        .bind(role.organisation.to_string())
        .bind(role.job_code.clone())
        .bind(role.job_name.trim().to_owned())
        .bind(activities)
        .bind(agent.person.person.to_string())
        .bind(micros(identity.now()))
        .bind(passkeys)
        .execute(work)
        .await?;
        Ok(true)
    }

    async fn give(&self, person: PersonId, role: &NewRole) -> Result<StaffList> {
        let agent = self.acting().await?;
        let mut problems = wrong_with(role);
        problems.extend(agent.may_not_give(role));
        if !problems.is_empty() {
            return Err(Kind::Invalid(problems).into());
        }
        agent.not_themselves(person)?;
        if !agent.reaches(&role.organisation) {
            return Err(Kind::NotFound.into());
        }
        self.member_of(&agent, person).await?;
        self.record_role(&agent, person, role).await?;
        let mut work = self.identity.db.write().begin().await?;
        self.add_role(&mut work, &agent, person, role).await?;
        work.commit().await?;
        self.list_of(&agent).await
    }

    async fn settle(&self, request: RoleRequestId, approve: bool) -> Result<StaffList> {
        let agent = self.acting().await?;
        let waiting = self.waiting(&agent).await?;
        let asked = waiting
            .into_iter()
            .find(|waiting| waiting.id == request)
            .ok_or(Kind::NotFound)?;
        if !asked.may_settle {
            let message = "Another agent has to decide what you asked for, are to have, or is for an organisation in which you have another role";
            return Err(Kind::Invalid(vec![FieldError::new("request", message)]).into());
        }
        if let Some(problem) = agent.may_not_give(&asked.role).filter(|_| approve) {
            return Err(Kind::Invalid(vec![problem]).into());
        }
        let outcome = if approve { "approved" } else { "declined" };
        self.record(
            &agent,
            Action::SettleRole,
            json!({ "request": request, "of": asked.person.id, "asked-by": asked.asked_by.id, "outcome": outcome }),
        )
        .await?;
        let mut work = self.identity.db.write().begin().await?;
        notices::hold(&mut work, asked.person.id).await?;
        let void = if approve {
            self.void(&mut work, &agent, &asked).await?
        } else {
            Void::default()
        };
        // Of two agents at once, one settles it.
        let settled = sqlx::query(
            "update role_request set outcome = $1, settled_by = $2, settled_at = $3
              where id = $4 and outcome is null",
        )
        .bind(outcome)
        .bind(agent.person.person.to_string())
        .bind(micros(self.identity.now()))
        .bind(request.to_string())
        .execute(&mut *work)
        .await?;
        if settled.rows_affected() == 0 {
            return Err(Kind::NotFound.into());
        }
        if approve {
            insert_role(
                &mut work,
                self.identity.new_id(),
                asked.person.id,
                &asked.role,
            )
            .await?;
        }
        work.commit().await?;
        let voided = !void.is_empty();
        self.over(void.sessions).await;
        if voided {
            let detail = json!({
                "of": asked.person.id,
                "request": request,
                "passkeys": void.passkeys,
                "codes": void.codes,
                "why": "a right was approved",
            });
            let entry = Entry::new(agent.actor.clone(), Action::RevokePasskey, Outcome::Done);
            self.identity.audit.record(entry.with(detail)).await?;
        }
        Ok(StaffList {
            voided,
            ..self.list_of(&agent).await?
        })
    }

    /// Ends what someone could have got hold of before the second agent looked: see the head of this
    /// file. The person's row is held.
    async fn void(
        &self,
        work: &mut AnyConnection,
        agent: &Agent<'_>,
        asked: &RoleRequest,
    ) -> Result<Void> {
        let person = asked.person.id;
        let now = self.identity.now();
        let mut void = Void {
            codes: staff::void_codes(work, person).await?,
            ..Void::default()
        };
        // What was asked for first counts, where several wait.
        let waiting: Vec<(Option<String>, i64)> = sqlx::query_as(
            "select passkeys, asked_at from role_request where person_id = $1 and outcome is null",
        )
        .bind(person.to_string())
        .fetch_all(&mut *work)
        .await?;
        let there: Vec<(String, i64, Option<String>)> =
            sqlx::query_as("select id, added_at, vouched_by from passkey where person_id = $1")
                .bind(person.to_string())
                .fetch_all(&mut *work)
                .await?;
        let agents = [asked.asked_by.id, agent.person.person].map(|agent| agent.to_string());
        for (passkey, added_at, vouched_by) in there {
            let vouched = vouched_by.is_some_and(|by| agents.contains(&by));
            let mut since = false;
            for (before, asked_at) in &waiting {
                since |= match before {
                    Some(before) => !serde_json::from_str::<Vec<String>>(before)
                        .map_err(|error| Failure::Corrupt(format!("passkeys: {error}")))?
                        .contains(&passkey),
                    // It was asked for before they were written down.
                    None => added_at >= *asked_at,
                };
            }
            if vouched || since {
                void.passkeys.push(stored(&passkey)?);
            }
        }
        for passkey in &void.passkeys {
            self.drop_passkey(work, person, *passkey).await?;
            let opened = Which::OpenedBy(*passkey, NO_SESSION);
            void.sessions
                .extend(session::end(&mut *work, opened).await?);
        }
        if !void.is_empty() {
            // One whose passkey was removed in it may go back to any.
            let opened = Which::OfNoPasskey(person);
            void.sessions
                .extend(session::end(&mut *work, opened).await?);
            self.tell(work, person, What::Voided).await?;
            let name = Some(asked.person.name.as_str());
            let notice = self.notice(asked.asked_by.id, What::VoidedForAgent, name);
            notices::tell(work, &notice, now).await?;
        }
        Ok(void)
    }

    /// Takes a passkey away, with what devices keep by it.
    async fn drop_passkey(
        &self,
        work: &mut AnyConnection,
        person: PersonId,
        passkey: PasskeyId,
    ) -> Result<()> {
        sqlx::query("delete from passkey where id = $1 and person_id = $2")
            .bind(passkey.to_string())
            .bind(person.to_string())
            .execute(&mut *work)
            .await?;
        sqlx::query("update vault set ended_at = $1 where passkey = $2 and ended_at is null")
            .bind(micros(self.identity.now()))
            .bind(passkey.to_string())
            .execute(work)
            .await?;
        Ok(())
    }

    async fn end(&self, role: RoleId) -> Result<StaffList> {
        let agent = self.acting().await?;
        let row: Option<(String, String)> =
            sqlx::query_as("select person_id, ods from role_assignment where id = $1")
                .bind(role.to_string())
                .fetch_optional(self.identity.db.write())
                .await?;
        let (person, ods) = row.ok_or(Kind::NotFound)?;
        let person: PersonId = stored(&person)?;
        if !agent.reaches(&stored(&ods)?) {
            return Err(Kind::NotFound.into());
        }
        agent.not_themselves(person)?;
        self.record(
            &agent,
            Action::EndRole,
            json!({ "of": person, "role": role }),
        )
        .await?;
        self.take_role(person, role).await?;
        self.list_of(&agent).await
    }

    /// Takes the role away with all that hangs on it. What devices keep goes as soon as they ask. That
    /// they had it is remembered.
    async fn take_role(&self, person: PersonId, role: RoleId) -> Result<()> {
        let now = micros(self.identity.now());
        let role = role.to_string();
        let mut work = self.identity.db.write().begin().await?;
        sqlx::query(
            "insert into role_ended (person_id, ods, registers, ended_at)
             select r.person_id, r.ods,
                    (select count(*) from role_activity a where a.role_id = r.id and a.code = $2), $3
               from role_assignment r where r.id = $1",
        )
        .bind(&role)
        .bind(Activity::RegisterStaff.code())
        .bind(now)
        .execute(&mut *work)
        .await?;
        sqlx::query("delete from role_assignment where id = $1")
            .bind(&role)
            .execute(&mut *work)
            .await?;
        sqlx::query("delete from role_activity where role_id = $1")
            .bind(&role)
            .execute(&mut *work)
            .await?;
        for end in [
            "update visit set removed_at = $1 where role = $2 and removed_at is null",
            "update vault set ended_at = $1 where role = $2 and ended_at is null",
            "update patient_context set closed_at = $1 where role = $2 and closed_at is null",
        ] {
            sqlx::query(end)
                .bind(now)
                .bind(&role)
                .execute(&mut *work)
                .await?;
        }
        sqlx::query("update web_session set role_id = null where role_id = $1")
            .bind(&role)
            .execute(&mut *work)
            .await?;
        self.tell(&mut work, person, What::RoleEnded).await?;
        work.commit().await?;
        Ok(())
    }

    async fn take_passkey(&self, person: PersonId, passkey: PasskeyId) -> Result<StaffView> {
        let agent = self.acting().await?;
        self.whole_member(&agent, person).await?;
        let theirs = passkey::list(&self.identity.db, person, None).await?;
        if !theirs.iter().any(|one| one.id == passkey) {
            return Err(Kind::NotFound.into());
        }
        self.record(
            &agent,
            Action::RevokePasskey,
            json!({ "of": person, "passkey": passkey }),
        )
        .await?;
        let mut work = self.identity.db.write().begin().await?;
        notices::hold(&mut work, person).await?;
        self.drop_passkey(&mut work, person, passkey).await?;
        let ended = session::end(&mut *work, Which::OpenedBy(passkey, NO_SESSION)).await?;
        self.tell(&mut work, person, What::PasskeyRemoved).await?;
        work.commit().await?;
        self.over(ended).await;
        self.view_of(&agent, person).await
    }

    async fn stop_session(&self, person: PersonId, which: SessionRef) -> Result<StaffView> {
        let agent = self.acting().await?;
        self.whole_member(&agent, person).await?;
        let theirs =
            session::list(&self.identity.db, person, NO_SESSION, self.identity.now()).await?;
        if !theirs.iter().any(|one| one.id == which) {
            return Err(Kind::NotFound.into());
        }
        self.record(
            &agent,
            Action::RevokeSession,
            json!({ "of": person, "session": which }),
        )
        .await?;
        let mut work = self.identity.db.write().begin().await?;
        let ended = session::end(&mut *work, Which::One(person, which)).await?;
        self.tell(&mut work, person, What::SessionEnded).await?;
        work.commit().await?;
        self.over(ended).await;
        self.view_of(&agent, person).await
    }

    async fn let_go(&self, person: PersonId) -> Result<StaffList> {
        let agent = self.acting().await?;
        agent.not_themselves(person)?;
        let member = self.member_of(&agent, person).await?;
        let roles: Vec<RoleId> = member.roles.iter().map(|role| role.id).collect();
        self.record(
            &agent,
            Action::EndRole,
            json!({ "of": person, "roles": roles, "leaves": true }),
        )
        .await?;
        let mut work = self.identity.db.write().begin().await?;
        notices::hold(&mut work, person).await?;
        staff::void_codes(&mut work, person).await?;
        if member.whole {
            sqlx::query("update person set active = 0 where id = $1")
                .bind(person.to_string())
                .execute(&mut *work)
                .await?;
            staff::lapse_requests(&mut work, person).await?;
        }
        work.commit().await?;
        for role in roles {
            self.take_role(person, role).await?;
        }
        // Also where they still work elsewhere: there they sign in again.
        let mut work = self.identity.db.write().begin().await?;
        let ended = session::end(&mut *work, Which::All(person)).await?;
        self.tell(&mut work, person, What::Everywhere).await?;
        work.commit().await?;
        self.over(ended).await;
        self.list_of(&agent).await
    }

    async fn over(&self, sessions: Vec<SessionRef>) {
        for session in sessions {
            self.identity.tell(Event::Ended(session)).await;
        }
    }
}

/// The care setting of that name.
pub(crate) fn setting_of(setting: String) -> Result<CareSetting> {
    serde_json::from_value(Value::String(setting))
        .map_err(|error| Failure::Corrupt(format!("a care setting: {error}")))
}

fn fits(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

/// `Sxxxx:Gxxxx:Rxxxx`, as the national code system has them.
fn is_job_code(code: &str) -> bool {
    let mut parts = code.split(':');
    let each = ['S', 'G', 'R'].into_iter().all(|letter| {
        parts.next().is_some_and(|part| {
            part.strip_prefix(letter).is_some_and(|digits| {
                digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())
            })
        })
    });
    each && parts.next().is_none()
}

fn wrong_with(role: &NewRole) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if !is_job_code(&role.job_code) {
        problems.push(FieldError::new(
            "job-code",
            "Enter the job role code, such as S8000:G8000:R1070",
        ));
    }
    if !fits(role.job_name.trim()) {
        problems.push(FieldError::new(
            "job-name",
            "Enter the name of the job, in 100 characters or fewer",
        ));
    }
    problems
}

fn needs_second_person(activities: &BTreeSet<Activity>) -> bool {
    activities
        .iter()
        .any(|activity| activity.needs_second_person())
}

/// The passkeys that the person has now.
async fn passkeys_of(work: &mut AnyConnection, person: PersonId) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = sqlx::query_as("select id from passkey where person_id = $1")
        .bind(person.to_string())
        .fetch_all(work)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

async fn insert_role(
    work: &mut AnyConnection,
    id: Uuid,
    person: PersonId,
    role: &NewRole,
) -> Result<()> {
    let id = id.to_string();
    sqlx::query(
        "insert into role_assignment (id, person_id, ods, job_code, job_name) values ($1, $2, $3, $4, $5)",
    )
    .bind(&id)
    .bind(person.to_string())
    .bind(role.organisation.to_string())
    .bind(role.job_code.clone())
    .bind(role.job_name.trim().to_owned())
    .execute(&mut *work)
    .await?;
    for activity in &role.activities {
        sqlx::query("insert into role_activity (role_id, code) values ($1, $2)")
            .bind(&id)
            .bind(activity.code())
            .execute(&mut *work)
            .await?;
    }
    Ok(())
}

#[async_trait]
impl ports::Registration for RegistrationPort {
    async fn staff(&self) -> Result<StaffList, Problem> {
        self.told(Action::ViewStaff, json!({}), self.list()).await
    }

    async fn member(&self, person: PersonId) -> Result<StaffView, Problem> {
        let detail = json!({ "of": person });
        self.told(Action::ViewStaff, detail, self.view(person))
            .await
    }

    async fn invite(
        &self,
        name: String,
        login: String,
        role: NewRole,
    ) -> Result<Invitation, Problem> {
        let detail = json!({ "organisation": role.organisation });
        let done = self.register(&name, &login, &role);
        self.told(Action::InviteStaff, detail, done).await
    }

    async fn new_code(&self, person: PersonId) -> Result<Invitation, Problem> {
        let detail = json!({ "of": person });
        self.told(Action::InviteStaff, detail, self.code_for(person))
            .await
    }

    async fn give_role(&self, person: PersonId, role: NewRole) -> Result<StaffList, Problem> {
        let detail = json!({ "of": person, "organisation": role.organisation });
        self.told(Action::GiveRole, detail, self.give(person, &role))
            .await
    }

    async fn settle_request(
        &self,
        request: RoleRequestId,
        approve: bool,
    ) -> Result<StaffList, Problem> {
        let detail = json!({ "request": request });
        self.told(Action::SettleRole, detail, self.settle(request, approve))
            .await
    }

    async fn end_role(&self, role: RoleId) -> Result<StaffList, Problem> {
        let detail = json!({ "role": role });
        self.told(Action::EndRole, detail, self.end(role)).await
    }

    async fn revoke_passkey(
        &self,
        person: PersonId,
        passkey: PasskeyId,
    ) -> Result<StaffView, Problem> {
        let detail = json!({ "of": person, "passkey": passkey });
        let done = self.take_passkey(person, passkey);
        self.told(Action::RevokePasskey, detail, done).await
    }

    async fn revoke_session(
        &self,
        person: PersonId,
        session: SessionRef,
    ) -> Result<StaffView, Problem> {
        let detail = json!({ "of": person, "session": session });
        let done = self.stop_session(person, session);
        self.told(Action::RevokeSession, detail, done).await
    }

    async fn leave(&self, person: PersonId) -> Result<StaffList, Problem> {
        let detail = json!({ "of": person, "leaves": true });
        self.told(Action::EndRole, detail, self.let_go(person))
            .await
    }
}
