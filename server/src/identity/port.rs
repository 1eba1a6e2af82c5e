//! The identity port of one request.

use super::ceremony::{self, CeremonyKind, For};
use super::session::{self, LiveSession, Which};
use super::session_store::{Carried, OPENING, Opening, hash};
use super::{ABSOLUTE, EnrolmentCode, Event, IDLE, Identity, VISIT, passkey, staff};
use crate::audit::{Action, Actor, ActorRole, Entry, Outcome};
use crate::caller::{Caller, Client, SignedInCaller};
use crate::failure::{Failure, Result};
use app::api::identity::{AccountView, Enrolment, SessionView, SignedIn, WebAuthnJson};
use app::api::offline::OfflineTerms;
use app::ports;
use app::problem::{Kind, Problem};
use async_trait::async_trait;
use domain::clock::uk_date;
use domain::idle::LockReason;
use domain::ids::{CorrelationId, PasskeyId, PersonId, RoleId, SessionRef};
use domain::readiness::{Closures, ExpiryNotice};
use domain::role::{Person, RoleAssignment, RoleChoice};
use jiff::SignedDuration;
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;
use tower_sessions::{Expiry, Session};
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration};

/// In the audit, of whoever is not signed in.
const NO_SESSION: SessionRef = SessionRef(uuid::Uuid::nil());

/// What a request brings, before anyone knows whose it is.
#[derive(Clone)]
pub struct Visitor {
    /// The cookie.
    pub session: Session,
    /// From where, for the limits.
    pub address: IpAddr,
    /// "Chrome on Android".
    pub device: String,
    /// The app.
    pub client: Client,
    /// Joins the screen, the log and the audit.
    pub correlation: CorrelationId,
}

/// Identity, for one request.
#[derive(Clone)]
pub struct IdentityPort {
    identity: Arc<Identity>,
    visitor: Visitor,
    live: Option<LiveSession>,
}

impl IdentityPort {
    /// Finds out whose request it is, and notes that the session was used.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn of(identity: Arc<Identity>, visitor: Visitor) -> Result<Self> {
        let now = identity.now();
        let live = match visitor.session.id() {
            Some(id) => session::find(&identity.db, &hash(&id), now).await?,
            None => None,
        };
        if let Some(live) = &live {
            live.touch(&identity.db, now).await;
        }
        Ok(Self {
            identity,
            visitor,
            live,
        })
    }

    /// Who asks, for everything behind identity.
    pub fn caller(&self) -> Caller {
        Caller {
            correlation: self.visitor.correlation,
            client: self.visitor.client.clone(),
            signed_in: self.used().map(|live| live.caller.clone()),
        }
    }

    /// The session, where it may be used.
    fn used(&self) -> Option<&LiveSession> {
        self.live.as_ref().filter(|live| !live.locked)
    }

    /// Who is signed in at this browser, also where their session is locked.
    pub fn person(&self) -> Option<PersonId> {
        Some(self.live.as_ref()?.caller.person)
    }

    /// Whether a session is there, and locked.
    pub fn is_locked(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.locked)
    }

    /// From where it comes, for the limits.
    pub fn address(&self) -> IpAddr {
        self.visitor.address
    }

    /// What every page needs to know before it shows anything.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn view(&self) -> Result<SessionView> {
        self.view_of(self.live.as_ref()).await
    }

    async fn view_of(&self, live: Option<&LiveSession>) -> Result<SessionView> {
        let training = staff::training(&self.identity.db).await?;
        let signed_in = match live {
            None => None,
            Some(live) => Some(self.signed_in(live).await?),
        };
        Ok(SessionView {
            training,
            signed_in,
        })
    }

    async fn signed_in(&self, live: &LiveSession) -> Result<SignedIn> {
        let (closures, expiry) = self.readiness(live.caller.role.as_ref()).await?;
        Ok(SignedIn {
            terms: self.terms(live.caller.role.as_ref()).await?,
            person: Person {
                id: live.caller.person,
                name: live.caller.name.clone(),
            },
            role: live.caller.role.clone(),
            roles: staff::roles(&self.identity.db, live.caller.person).await?,
            ends_at: live.ends_at,
            locked: live.locked,
            idle_seconds: IDLE.as_secs().unsigned_abs(),
            questions: self
                .identity
                .alerts
                .questions_to(live.caller.person)
                .await?,
            closures,
            expiry,
        })
    }

    /// What is closed to the organisation of that role, and what its staff are warned of.
    async fn readiness(
        &self,
        role: Option<&RoleAssignment>,
    ) -> Result<(Closures, Option<ExpiryNotice>)> {
        let Some(role) = role else {
            return Ok((Closures::default(), None));
        };
        let today = uk_date(self.identity.now());
        let readiness = self.identity.checklists.of(&role.organisation).await?;
        Ok((readiness.closures(today), readiness.expiry_notice(today)))
    }

    /// On what terms someone in that role may keep patients on a device: without a role, on none.
    async fn terms(&self, role: Option<&RoleAssignment>) -> Result<OfflineTerms> {
        let hours = match role {
            Some(role) => staff::offline_hours(&self.identity.db, &role.organisation.ods).await?,
            None => 0,
        };
        Ok(OfflineTerms {
            hours,
            sealing: self.identity.sealing.public().clone(),
        })
    }

    /// The view of what this request has just made of the session.
    async fn view_now(&self) -> Result<SessionView> {
        let live = match self.session_hash() {
            Some(hash) => session::find(&self.identity.db, &hash, self.identity.now()).await?,
            None => None,
        };
        self.view_of(live.as_ref()).await
    }

    fn live(&self) -> Result<&LiveSession> {
        match &self.live {
            None => Err(Kind::SignedOut.into()),
            Some(live) if live.locked => Err(Kind::Locked.into()),
            Some(live) => Ok(live),
        }
    }

    fn session_hash(&self) -> Option<String> {
        self.visitor.session.id().map(|id| hash(&id))
    }

    /// The hash of a session that a ceremony can hang on. A visitor gets one now, for as long as a
    /// ceremony may take.
    async fn session_for_ceremony(&self) -> Result<String> {
        let session = &self.visitor.session;
        if session.id().is_some() {
            // Learns whether the cookie still names a row, and forgets it if not.
            session.get_value(OPENING).await.map_err(fault)?;
        }
        if session.id().is_none() {
            let opening = Opening {
                session: SessionRef(self.identity.new_id()),
                who: None,
                device: self.visitor.device.clone(),
                carried: None,
            };
            self.make_session(opening, VISIT).await?;
        }
        self.session_hash()
            .ok_or_else(|| Failure::Internal("a new session has no id".into()))
    }

    async fn make_session(&self, opening: Opening, lifetime: SignedDuration) -> Result<()> {
        let session = &self.visitor.session;
        session.insert(OPENING, opening).await.map_err(fault)?;
        session.set_expiry(Some(Expiry::OnInactivity(time::Duration::seconds(
            lifetime.as_secs(),
        ))));
        session.save().await.map_err(fault)
    }

    /// Opens a session of the person under a new id. Where this browser had one of theirs, alive or
    /// not used for too long, the new one carries it on: the same role, the same patients.
    async fn open(&self, person: PersonId, passkey: PasskeyId) -> Result<SessionView> {
        let past = match self.session_hash() {
            Some(hash) => session::past(&self.identity.db, &hash, self.identity.now()).await?,
            None => None,
        };
        let roles = staff::roles(&self.identity.db, person).await?;
        let kept = past
            .as_ref()
            .filter(|past| past.person == person)
            .and_then(|past| past.role)
            .filter(|kept| roles.iter().any(|role| role.id == *kept));
        let role = kept.or_else(|| only_role(&roles));
        let new = SessionRef(self.identity.new_id());
        let mut actor = self.actor(person, new);
        actor.role = roles
            .iter()
            .find(|own| role == Some(own.id))
            .map(ActorRole::of);
        actor.name = staff::find(&self.identity.db, person)
            .await?
            .map(|(person, _)| person.name);
        let back = past
            .as_ref()
            .is_some_and(|past| past.person == person && past.locked);
        let action = if back {
            Action::UnlockSession
        } else {
            Action::SignIn
        };
        let detail = json!({ "passkey": passkey });
        self.record(actor, action, Outcome::Allowed, detail).await?;
        if self.visitor.session.id().is_some() {
            self.visitor.session.cycle_id().await.map_err(fault)?;
        }
        let opening = Opening {
            session: new,
            who: Some((person, Some(passkey), role)),
            device: self.visitor.device.clone(),
            carried: None,
        };
        self.make_session(opening, ABSOLUTE).await?;
        if let Some(past) = past {
            self.identity
                .tell(match kept {
                    Some(_) => Event::Succeeded {
                        old: past.session,
                        new,
                    },
                    None => Event::Ended(past.session),
                })
                .await;
        }
        self.view_now().await
    }

    /// What follows when sessions of this person are over. They are, so nothing here is an error.
    async fn ended(&self, sessions: Vec<SessionRef>, why: &str) {
        for session in sessions {
            self.identity.tell(Event::Ended(session)).await;
            let Some(live) = &self.live else { continue };
            let actor = self.actor_of(live);
            let detail = json!({ "session": session, "why": why });
            if let Err(failure) = self
                .record(actor, Action::SignOut, Outcome::Done, detail)
                .await
            {
                tracing::error!(%failure, "a sign-out is not in the audit");
            }
        }
    }

    /// Someone who is not signed in yet.
    fn actor(&self, person: PersonId, session: SessionRef) -> Actor {
        let Visitor {
            correlation,
            client,
            device,
            ..
        } = &self.visitor;
        Actor::new(*correlation, client, person, session, device)
    }

    /// Whoever is signed in.
    fn actor_of(&self, live: &LiveSession) -> Actor {
        Actor::of(self.visitor.correlation, &self.visitor.client, &live.caller)
    }

    /// Writes the audit. Before the deed, so that none is missing; never inside a transaction, as
    /// SQLite has one writer.
    async fn record(
        &self,
        actor: Actor,
        action: Action,
        outcome: Outcome,
        detail: serde_json::Value,
    ) -> Result<()> {
        self.identity
            .audit
            .record(Entry::new(actor, action, outcome).with(detail))
            .await
    }

    async fn start_enrolment(&self, typed: &str) -> Result<Enrolment> {
        let identity = &self.identity;
        identity
            .enrol_limit
            .take(self.visitor.address, identity.now())?;
        // What cannot be a code is looked for all the same, so that it takes as long.
        let code_hash = EnrolmentCode::read(typed)
            .map(|code| code.hash())
            .unwrap_or_default();
        let Some((person, login)) =
            staff::attempt_code(&identity.db, &code_hash, identity.now()).await?
        else {
            return Err(Kind::NotAccepted.into());
        };
        let (options, state) = passkey::start_registration(identity, &person, &login).await?;
        let whom = For {
            person: Some(person.id),
            code_hash: Some(code_hash),
        };
        self.begin(CeremonyKind::Enrol, whom, &options, &state)
            .await?;
        Ok(Enrolment {
            person: person.name,
            options,
        })
    }

    async fn finish_enrolment(&self, name: &str, credential: WebAuthnJson) -> Result<SessionView> {
        let identity = &self.identity;
        identity
            .enrol_limit
            .take(self.visitor.address, identity.now())?;
        let name = passkey::name(name)?;
        let (whom, state) = self
            .take::<PasskeyRegistration>(CeremonyKind::Enrol, &credential)
            .await?;
        let (Some(person), Some(code_hash)) = (whom.person, whom.code_hash) else {
            return Err(Failure::Corrupt("an enrolment of nobody".into()));
        };
        let actor = self.actor(person, NO_SESSION);
        let made = match passkey::finish_registration(identity, credential, &state) {
            Ok(made) if staff::find(&identity.db, person).await?.is_some() => made,
            Ok(_) => return Err(Kind::NotAccepted.into()),
            Err(refusal) => {
                let entry = Entry::new(actor, Action::Enrol, Outcome::Refused);
                self.identity.audit.record(entry.failing(&refusal)).await?;
                return Err(refusal);
            }
        };
        let passkey = PasskeyId(identity.new_id());
        self.record(
            actor,
            Action::Enrol,
            Outcome::Allowed,
            json!({ "passkey": passkey }),
        )
        .await?;
        let mut work = identity.db.write().begin().await?;
        if !staff::use_code(&mut work, &code_hash, identity.now()).await? {
            return Err(Kind::NotAccepted.into());
        }
        passkey::add(&mut work, passkey, person, &name, &made, identity.now()).await?;
        work.commit().await?;
        self.open(person, passkey).await
    }

    async fn start_sign_in(&self) -> Result<WebAuthnJson> {
        let identity = &self.identity;
        identity
            .sign_in_limit
            .take(self.visitor.address, identity.now())?;
        let (options, state) = passkey::start_authentication(identity)?;
        self.begin(CeremonyKind::SignIn, For::default(), &options, &state)
            .await?;
        Ok(options)
    }

    async fn finish_sign_in(&self, credential: WebAuthnJson) -> Result<SessionView> {
        let identity = &self.identity;
        identity
            .sign_in_limit
            .take(self.visitor.address, identity.now())?;
        let (_, state) = self
            .take::<DiscoverableAuthentication>(CeremonyKind::SignIn, &credential)
            .await?;
        let claimed = passkey::identify(identity, credential).await?;
        if let Err(refusal) = passkey::finish_authentication(identity, &claimed, state).await {
            let actor = self.actor(claimed.person, NO_SESSION);
            let entry = Entry::new(actor, Action::SignIn, Outcome::Refused)
                .with(json!({ "passkey": claimed.passkey }));
            identity.audit.record(entry.failing(&refusal)).await?;
            return Err(refusal);
        }
        self.open(claimed.person, claimed.passkey).await
    }

    async fn begin(
        &self,
        kind: CeremonyKind,
        whom: For,
        options: &WebAuthnJson,
        state: &impl serde::Serialize,
    ) -> Result<()> {
        let session = self.session_for_ceremony().await?;
        let key = ceremony::Key {
            session,
            kind,
            challenge: ceremony::challenge_of_options(options)?,
        };
        ceremony::begin(&self.identity.db, &key, whom, state, self.identity.now()).await
    }

    async fn take<State: serde::de::DeserializeOwned>(
        &self,
        kind: CeremonyKind,
        credential: &WebAuthnJson,
    ) -> Result<(For, State)> {
        let key = ceremony::Key {
            session: self.session_hash().unwrap_or_default(),
            kind,
            challenge: ceremony::challenge_of_credential(credential).unwrap_or_default(),
        };
        ceremony::take(&self.identity.db, &key, self.identity.now()).await
    }

    async fn end_this(&self) -> Result<SessionView> {
        if let Some(hash) = self.session_hash() {
            let ended = session::end(&self.identity.db, Which::Here(&hash)).await?;
            self.ended(ended, "here").await;
            self.visitor.session.flush().await.map_err(fault)?;
        }
        self.view_of(None).await
    }

    /// Locks this session: its person has left it, or may have. Nothing is asked for before: a lock that fails
    /// because it cannot be written down would be worse.
    async fn lock_this(&self, why: LockReason) -> Result<SessionView> {
        let live = self.live.as_ref().ok_or(Kind::SignedOut)?;
        let identity = &self.identity;
        if session::lock(&identity.db, live.caller.session, identity.now()).await? {
            let detail = json!({ "why": why });
            let recorded = self
                .record(
                    self.actor_of(live),
                    Action::LockSession,
                    Outcome::Done,
                    detail,
                )
                .await;
            if let Err(failure) = recorded {
                tracing::error!(%failure, "a lock is not in the audit");
            }
        }
        self.view_now().await
    }

    async fn end_everywhere(&self) -> Result<SessionView> {
        let person = self.live()?.caller.person;
        let ended = session::end(&self.identity.db, Which::All(person)).await?;
        self.ended(ended, "everywhere").await;
        self.end_this().await
    }

    async fn change_role(&self, role: RoleId) -> Result<SessionView> {
        let live = self.live()?;
        let SignedInCaller {
            session,
            person,
            role: current,
            ..
        } = &live.caller;
        let roles = staff::roles(&self.identity.db, *person).await?;
        let chosen = roles
            .iter()
            .find(|own| own.id == role)
            .ok_or(Kind::NotFound)?;
        let mut actor = self.actor_of(live);
        actor.role = Some(ActorRole::of(chosen));
        self.record(actor, Action::ChooseRole, Outcome::Allowed, json!({}))
            .await?;
        let rises = chosen.activities.iter().any(|activity| {
            !current
                .as_ref()
                .is_some_and(|current| current.allows(*activity))
        });
        if rises {
            self.renew(live, role).await?;
        } else {
            session::set_role(&self.identity.db, *session, role).await?;
        }
        if current.as_ref().map(|current| current.id) != Some(role) {
            self.identity.tell(Event::RoleChanged(*session)).await;
        }
        self.view_now().await
    }

    /// The same session in that role, under a new id: whoever had the old one has nothing.
    async fn renew(&self, live: &LiveSession, role: RoleId) -> Result<()> {
        let caller = &live.caller;
        let opening = Opening {
            session: caller.session,
            who: Some((caller.person, caller.passkey, Some(role))),
            device: caller.device.clone(),
            carried: Some(Carried {
                began_at: live.began_at.as_microsecond(),
                verified_at: caller.verified_at.as_microsecond(),
                ends_at: live.ends_at.as_microsecond(),
            }),
        };
        self.visitor.session.cycle_id().await.map_err(fault)?;
        let left = live.ends_at.duration_since(self.identity.now());
        self.make_session(opening, left).await
    }

    async fn account_view(&self) -> Result<AccountView> {
        let live = self.live()?;
        let person = live.caller.person;
        let db = &self.identity.db;
        Ok(AccountView {
            passkeys: passkey::list(db, person, live.caller.passkey).await?,
            sessions: session::list(db, person, live.caller.session, self.identity.now()).await?,
        })
    }

    async fn start_adding(&self) -> Result<WebAuthnJson> {
        let identity = &self.identity;
        let person = self.live()?.caller.person;
        let (person, login) = staff::find(&identity.db, person)
            .await?
            .ok_or(Kind::SignedOut)?;
        let (options, state) = passkey::start_registration(identity, &person, &login).await?;
        let whom = For {
            person: Some(person.id),
            code_hash: None,
        };
        self.begin(CeremonyKind::AddPasskey, whom, &options, &state)
            .await?;
        Ok(options)
    }

    async fn finish_adding(&self, name: &str, credential: WebAuthnJson) -> Result<AccountView> {
        let identity = &self.identity;
        let person = self.live()?.caller.person;
        let name = passkey::name(name)?;
        let (whom, state) = self
            .take::<PasskeyRegistration>(CeremonyKind::AddPasskey, &credential)
            .await?;
        if whom.person != Some(person) {
            return Err(Kind::NotAccepted.into());
        }
        let made = passkey::finish_registration(identity, credential, &state)?;
        let id = PasskeyId(identity.new_id());
        let actor = self.actor_of(self.live()?);
        self.record(
            actor,
            Action::AddPasskey,
            Outcome::Allowed,
            json!({ "passkey": id }),
        )
        .await?;
        let mut work = identity.db.write().begin().await?;
        passkey::add(&mut work, id, person, &name, &made, identity.now()).await?;
        work.commit().await?;
        self.account_view().await
    }

    async fn give_name(&self, passkey: PasskeyId, name: &str) -> Result<AccountView> {
        let person = self.live()?.caller.person;
        let name = passkey::name(name)?;
        passkey::rename(&self.identity.db, person, passkey, &name).await?;
        self.account_view().await
    }

    async fn remove(&self, passkey: PasskeyId) -> Result<AccountView> {
        let SignedInCaller {
            session, person, ..
        } = self.live()?.caller;
        let db = &self.identity.db;
        passkey::check_removal(db.write(), person, passkey).await?;
        let actor = self.actor_of(self.live()?);
        self.record(
            actor,
            Action::RemovePasskey,
            Outcome::Allowed,
            json!({ "passkey": passkey }),
        )
        .await?;
        passkey::remove(db, person, passkey, session).await?;
        let ended = session::end(db, Which::OpenedBy(passkey, session)).await?;
        self.ended(ended, "its passkey was removed").await;
        self.account_view().await
    }

    async fn end_one(&self, other: SessionRef) -> Result<AccountView> {
        let person = self.live()?.caller.person;
        let ended = session::end(&self.identity.db, Which::One(person, other)).await?;
        if ended.is_empty() {
            return Err(Kind::NotFound.into());
        }
        self.ended(ended, "from another session").await;
        self.account_view().await
    }

    fn answer<T>(&self, outcome: Result<T>) -> Result<T, Problem> {
        outcome.map_err(|failure| failure.at_boundary(self.visitor.correlation))
    }
}

/// The role of someone who has only one.
fn only_role(roles: &[RoleAssignment]) -> Option<RoleId> {
    match RoleChoice::for_count(roles.len()) {
        RoleChoice::Automatic => roles.first().map(|role| role.id),
        RoleChoice::None | RoleChoice::List | RoleChoice::SearchableList => None,
    }
}

fn fault(error: tower_sessions::session::Error) -> Failure {
    Failure::Store(sqlx::Error::Protocol(format!("a session: {error}")))
}

#[async_trait]
impl ports::Identity for IdentityPort {
    async fn session(&self) -> Result<SessionView, Problem> {
        self.answer(self.view().await)
    }

    async fn enrol_start(&self, code: String) -> Result<Enrolment, Problem> {
        self.answer(self.start_enrolment(&code).await)
    }

    async fn enrol_finish(
        &self,
        passkey_name: String,
        credential: WebAuthnJson,
    ) -> Result<SessionView, Problem> {
        self.answer(self.finish_enrolment(&passkey_name, credential).await)
    }

    async fn sign_in_start(&self) -> Result<WebAuthnJson, Problem> {
        self.answer(self.start_sign_in().await)
    }

    async fn sign_in_finish(&self, credential: WebAuthnJson) -> Result<SessionView, Problem> {
        self.answer(self.finish_sign_in(credential).await)
    }

    async fn sign_out(&self) -> Result<SessionView, Problem> {
        self.answer(self.end_this().await)
    }

    async fn lock(&self, why: LockReason) -> Result<SessionView, Problem> {
        self.answer(self.lock_this(why).await)
    }

    async fn sign_out_everywhere(&self) -> Result<SessionView, Problem> {
        self.answer(self.end_everywhere().await)
    }

    async fn choose_role(&self, role: RoleId) -> Result<SessionView, Problem> {
        self.answer(self.change_role(role).await)
    }

    async fn account(&self) -> Result<AccountView, Problem> {
        self.answer(self.account_view().await)
    }

    async fn add_passkey_start(&self) -> Result<WebAuthnJson, Problem> {
        self.answer(self.start_adding().await)
    }

    async fn add_passkey_finish(
        &self,
        passkey_name: String,
        credential: WebAuthnJson,
    ) -> Result<AccountView, Problem> {
        self.answer(self.finish_adding(&passkey_name, credential).await)
    }

    async fn rename_passkey(
        &self,
        passkey: PasskeyId,
        passkey_name: String,
    ) -> Result<AccountView, Problem> {
        self.answer(self.give_name(passkey, &passkey_name).await)
    }

    async fn remove_passkey(&self, passkey: PasskeyId) -> Result<AccountView, Problem> {
        self.answer(self.remove(passkey).await)
    }

    async fn end_session(&self, session: SessionRef) -> Result<AccountView, Problem> {
        self.answer(self.end_one(session).await)
    }
}
