//! The identity port of one request.

use super::ceremony::{self, CeremonyKind, For};
use super::notices::{self, By, Notice, What};
use super::passkey::{self, NewPasskey};
use super::session::{self, LiveSession, Which};
use super::session_store::{Carried, OPENING, Opening, hash};
use super::{ABSOLUTE, EnrolmentCode, Event, IDLE, Identity, SLOW, VISIT, staff};
use crate::audit::{Action, Actor, ActorRole, Entry, Outcome};
use crate::caller::{Caller, Client, SignedInCaller};
use crate::failure::{Failure, Result};
use crate::settings::Passkeys;
use crate::web::rate_limit::{Whom, network};
use app::api::identity::{AccountView, Enrolment, SessionView, SignedIn, WebAuthnJson};
use app::api::offline::OfflineTerms;
use app::ports;
use app::problem::{Kind, Problem};
use async_trait::async_trait;
use domain::clock::uk_date;
use domain::idle::LockReason;
use domain::ids::{CorrelationId, NoticeId, PasskeyId, PersonId, RoleId, SessionRef};
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
            notices: notices::of(&self.identity.db, live).await?,
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
    async fn open(
        &self,
        person: PersonId,
        passkey: PasskeyId,
        new: SessionRef,
    ) -> Result<SessionView> {
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
            if past.person == person {
                notices::carry(&self.identity.db, past.session, new).await?;
            }
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

    /// Begins a ceremony, of which anyone may have only so many.
    fn may_begin(&self) -> Result<()> {
        let session = self.live.as_ref().map(|live| live.caller.session);
        let whom = Whom::of(session, self.visitor.address);
        self.identity.limits.begin.take(&whom)
    }

    /// Counts a code that cannot be used. While very many are tried, whoever they come from, the
    /// answer is late; a good code is not kept waiting by that.
    async fn wrong_code(&self) -> Failure {
        let limits = &self.identity.limits;
        if limits.all_wrong_codes.take(&()).is_err() {
            tokio::time::sleep(SLOW).await;
        }
        match limits.wrong_codes.take(&network(self.visitor.address)) {
            Ok(()) => Kind::NotAccepted.into(),
            Err(too_many) => too_many,
        }
    }

    async fn start_enrolment(&self, typed: &str) -> Result<Enrolment> {
        let identity = &self.identity;
        identity.limits.codes.take(&network(self.visitor.address))?;
        // What cannot be a code is looked for all the same, so that it takes as long.
        let code_hash = EnrolmentCode::read(typed)
            .map(|code| code.hash())
            .unwrap_or_default();
        let Some((person, login)) =
            staff::attempt_code(&identity.db, &code_hash, identity.now()).await?
        else {
            return Err(self.wrong_code().await);
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
        let name = passkey::name(name)?;
        let (ceremony, whom, state) = self
            .attempt::<PasskeyRegistration>(CeremonyKind::Enrol, &credential)
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
        let session = SessionRef(identity.new_id());
        let now = identity.now();
        let mut work = identity.db.write().begin().await?;
        // What a second agent approves at this moment either sees this passkey, or has ended the code.
        notices::hold(&mut work, person).await?;
        ceremony::end(&mut *work, &ceremony).await?;
        let vouched_by = staff::use_code(&mut work, &code_hash, now)
            .await?
            .ok_or(Kind::NotAccepted)?;
        passkey::room(&mut work, person).await?;
        let new = NewPasskey {
            id: passkey,
            person,
            name: &name,
            made: &made,
            vouched_by,
        };
        passkey::add(&mut work, &new, now).await?;
        let notice = self.notice(person, session, What::Enrolled, Some(passkey));
        notices::tell(&mut work, &notice, now).await?;
        work.commit().await?;
        self.open(person, passkey, session).await
    }

    async fn start_sign_in(&self) -> Result<WebAuthnJson> {
        let identity = &self.identity;
        self.may_begin()?;
        let (options, state) = passkey::start_authentication(identity)?;
        self.begin(CeremonyKind::SignIn, For::default(), &options, &state)
            .await?;
        Ok(options)
    }

    async fn finish_sign_in(&self, credential: WebAuthnJson) -> Result<SessionView> {
        let identity = &self.identity;
        let (ceremony, _, state) = self
            .attempt::<DiscoverableAuthentication>(CeremonyKind::SignIn, &credential)
            .await?;
        let claimed = passkey::identify(identity, credential).await?;
        let finished = match passkey::finish_authentication(identity, &claimed, state).await {
            Ok(()) => ceremony::end(identity.db.write(), &ceremony).await,
            refused => refused,
        };
        if let Err(refusal) = finished {
            let actor = self.actor(claimed.person, NO_SESSION);
            let entry = Entry::new(actor, Action::SignIn, Outcome::Refused)
                .with(json!({ "passkey": claimed.passkey }));
            identity.audit.record(entry.failing(&refusal)).await?;
            return Err(refusal);
        }
        let session = SessionRef(identity.new_id());
        self.open(claimed.person, claimed.passkey, session).await
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

    async fn attempt<State: serde::de::DeserializeOwned>(
        &self,
        kind: CeremonyKind,
        credential: &WebAuthnJson,
    ) -> Result<(ceremony::Key, For, State)> {
        let key = ceremony::Key {
            session: self.session_hash().unwrap_or_default(),
            kind,
            challenge: ceremony::challenge_of_credential(credential).unwrap_or_default(),
        };
        let (whom, state) = ceremony::attempt(&self.identity.db, &key, self.identity.now()).await?;
        Ok((key, whom, state))
    }

    /// Whoever is signed in, and gave their fingerprint just now.
    fn confirmed(&self) -> Result<&LiveSession> {
        self.caller().stepped_up(self.identity.now())?;
        self.live()
    }

    /// What the person did here, for their other sessions.
    fn notice(
        &self,
        person: PersonId,
        session: SessionRef,
        what: What,
        passkey: Option<PasskeyId>,
    ) -> Notice<'_> {
        Notice {
            id: NoticeId(self.identity.new_id()),
            person,
            what,
            by: By::Themselves(&self.visitor.device, session),
            about: None,
            passkey,
        }
    }

    /// Writes into the audit what was refused of a change of the account.
    async fn or_refused<T>(
        &self,
        action: Action,
        detail: serde_json::Value,
        done: Result<T>,
    ) -> Result<T> {
        if let (Err(failure), Some(live)) = (&done, &self.live)
            // A fault of the audit itself cannot be told to it.
            && !matches!(failure, Failure::Audit(_))
        {
            let entry = Entry::new(self.actor_of(live), action, Outcome::Refused)
                .with(detail)
                .failing(failure);
            self.identity.audit.record(entry).await?;
        }
        done
    }

    async fn end_this(&self) -> Result<SessionView> {
        if let Some(hash) = self.session_hash() {
            let ended = session::end(self.identity.db.write(), Which::Here(&hash)).await?;
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
        let SignedInCaller {
            session, person, ..
        } = self.confirmed()?.caller;
        let now = self.identity.now();
        let mut work = self.identity.db.write().begin().await?;
        notices::hold(&mut work, person).await?;
        let ended = session::end(&mut *work, Which::All(person)).await?;
        let notice = self.notice(person, session, What::Everywhere, None);
        notices::tell(&mut work, &notice, now).await?;
        work.commit().await?;
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
            device_bound: self.identity.passkeys == Passkeys::DeviceBound,
        })
    }

    async fn start_adding(&self) -> Result<WebAuthnJson> {
        let identity = &self.identity;
        let live = self.confirmed()?;
        self.may_begin()?;
        let person = live.caller.person;
        // Before a passkey is made for nothing. Asked again when it is kept.
        let mut connection = identity.db.write().acquire().await?;
        notices::room(&mut connection, person, identity.now()).await?;
        passkey::room(&mut connection, person).await?;
        passkey::vouched_by(&mut connection, live.caller.passkey).await?;
        drop(connection);
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

    async fn finish_adding(
        &self,
        id: PasskeyId,
        name: &str,
        credential: WebAuthnJson,
    ) -> Result<AccountView> {
        let identity = &self.identity;
        let live = self.confirmed()?;
        let person = live.caller.person;
        let name = passkey::name(name)?;
        let (ceremony, whom, state) = self
            .attempt::<PasskeyRegistration>(CeremonyKind::AddPasskey, &credential)
            .await?;
        if whom.person != Some(person) {
            return Err(Kind::NotAccepted.into());
        }
        let made = passkey::finish_registration(identity, credential, &state)?;
        self.record(
            self.actor_of(live),
            Action::AddPasskey,
            Outcome::Allowed,
            json!({ "passkey": id }),
        )
        .await?;
        let now = identity.now();
        let mut work = identity.db.write().begin().await?;
        notices::hold(&mut work, person).await?;
        notices::room(&mut work, person, now).await?;
        passkey::room(&mut work, person).await?;
        ceremony::end(&mut *work, &ceremony).await?;
        let vouched_by = passkey::vouched_by(&mut work, live.caller.passkey).await?;
        let new = NewPasskey {
            id,
            person,
            name: &name,
            made: &made,
            vouched_by,
        };
        passkey::add(&mut work, &new, now).await?;
        let session = live.caller.session;
        let notice = self.notice(person, session, What::PasskeyAdded, Some(id));
        notices::tell(&mut work, &notice, now).await?;
        work.commit().await?;
        self.account_view().await
    }

    async fn give_name(&self, passkey: PasskeyId, name: &str) -> Result<AccountView> {
        let live = self.confirmed()?;
        let SignedInCaller {
            session, person, ..
        } = live.caller;
        let name = passkey::name(name)?;
        self.record(
            self.actor_of(live),
            Action::RenamePasskey,
            Outcome::Allowed,
            json!({ "passkey": passkey }),
        )
        .await?;
        let now = self.identity.now();
        let mut work = self.identity.db.write().begin().await?;
        notices::hold(&mut work, person).await?;
        notices::room(&mut work, person, now).await?;
        passkey::rename(&mut work, person, passkey, &name).await?;
        let notice = self.notice(person, session, What::PasskeyRenamed, None);
        notices::tell(&mut work, &notice, now).await?;
        work.commit().await?;
        self.account_view().await
    }

    async fn remove(&self, passkey: PasskeyId) -> Result<AccountView> {
        let live = self.confirmed()?;
        let SignedInCaller {
            session, person, ..
        } = live.caller;
        let db = &self.identity.db;
        passkey::check_removal(db.write(), person, passkey).await?;
        self.record(
            self.actor_of(live),
            Action::RemovePasskey,
            Outcome::Allowed,
            json!({ "passkey": passkey }),
        )
        .await?;
        let now = self.identity.now();
        let mut work = db.write().begin().await?;
        notices::hold(&mut work, person).await?;
        notices::room(&mut work, person, now).await?;
        passkey::remove(&mut work, person, passkey, session).await?;
        let ended = session::end(&mut *work, Which::OpenedBy(passkey, session)).await?;
        let notice = self.notice(person, session, What::PasskeyRemoved, None);
        notices::tell(&mut work, &notice, now).await?;
        work.commit().await?;
        self.ended(ended, "its passkey was removed").await;
        self.account_view().await
    }

    async fn end_one(&self, other: SessionRef) -> Result<AccountView> {
        let SignedInCaller {
            session, person, ..
        } = self.confirmed()?.caller;
        let now = self.identity.now();
        let mut work = self.identity.db.write().begin().await?;
        notices::hold(&mut work, person).await?;
        notices::room(&mut work, person, now).await?;
        let ended = session::end(&mut *work, Which::One(person, other)).await?;
        if ended.is_empty() {
            return Err(Kind::NotFound.into());
        }
        let notice = self.notice(person, session, What::SessionEnded, None);
        notices::tell(&mut work, &notice, now).await?;
        work.commit().await?;
        self.ended(ended, "from another session").await;
        self.account_view().await
    }

    async fn close(&self, notice: NoticeId) -> Result<SessionView> {
        let live = self.live()?;
        notices::close(&self.identity.db, live, notice, self.identity.now()).await?;
        self.view().await
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
        let done = self.end_everywhere().await;
        let detail = json!({ "why": "everywhere" });
        self.answer(self.or_refused(Action::SignOut, detail, done).await)
    }

    async fn choose_role(&self, role: RoleId) -> Result<SessionView, Problem> {
        self.answer(self.change_role(role).await)
    }

    async fn account(&self) -> Result<AccountView, Problem> {
        self.answer(self.account_view().await)
    }

    async fn add_passkey_start(&self) -> Result<WebAuthnJson, Problem> {
        let done = self.start_adding().await;
        self.answer(self.or_refused(Action::AddPasskey, json!({}), done).await)
    }

    async fn add_passkey_finish(
        &self,
        passkey_name: String,
        credential: WebAuthnJson,
    ) -> Result<AccountView, Problem> {
        let id = PasskeyId(self.identity.new_id());
        let done = self.finish_adding(id, &passkey_name, credential).await;
        self.answer(self.or_refused(Action::AddPasskey, json!({}), done).await)
    }

    async fn rename_passkey(
        &self,
        passkey: PasskeyId,
        passkey_name: String,
    ) -> Result<AccountView, Problem> {
        let done = self.give_name(passkey, &passkey_name).await;
        let detail = json!({ "passkey": passkey });
        self.answer(self.or_refused(Action::RenamePasskey, detail, done).await)
    }

    async fn remove_passkey(&self, passkey: PasskeyId) -> Result<AccountView, Problem> {
        let done = self.remove(passkey).await;
        let detail = json!({ "passkey": passkey });
        self.answer(self.or_refused(Action::RemovePasskey, detail, done).await)
    }

    async fn end_session(&self, session: SessionRef) -> Result<AccountView, Problem> {
        let done = self.end_one(session).await;
        let detail = json!({ "session": session });
        self.answer(self.or_refused(Action::SignOut, detail, done).await)
    }

    async fn close_notice(&self, notice: NoticeId) -> Result<SessionView, Problem> {
        self.answer(self.close(notice).await)
    }
}
