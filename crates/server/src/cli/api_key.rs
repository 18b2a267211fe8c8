//! `tidings api-key`.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use sha2::{Digest as _, Sha256};
use tidings_domain::ApiKeyId;
use tidings_domain::name::DisplayName;
use tidings_engine::ports::{Accounts, ApiKey, Clock as _};
use tidings_store_sqlite::{Options, Role, SqliteStore};

use super::calendar::day;
use super::flags::{DataFlags, Environment};
use super::{CliError, Terminal};
use crate::auth::caller::API_KEY_PREFIX;
use crate::clock::SystemClock;
use crate::random;
use crate::rest::scopes::SCOPES;

/// Bytes of chance in a key.
const KEY_BYTES: usize = 32;

/// Makes, lists and revokes the keys with which back ends call the API. A server may be running: what
/// is done here counts from the next request on.
#[derive(Debug, Args)]
pub(super) struct ApiKeys {
    #[command(subcommand)]
    wish: Wish,
}

#[derive(Debug, Subcommand)]
enum Wish {
    /// Makes a key and prints it, this once: only its hash is kept
    Create(Create),
    /// Lists the keys that are good
    List(List),
    /// Ends a key
    Revoke(Revoke),
}

#[derive(Debug, Args)]
struct Create {
    #[command(flatten)]
    data: DataFlags,
    /// What the key is for
    #[arg(long)]
    name: String,
    /// What it may do, with commas between
    #[arg(long, required = true, value_delimiter = ',', value_parser = PossibleValuesParser::new(SCOPES))]
    scopes: Vec<String>,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    data: DataFlags,
}

#[derive(Debug, Args)]
struct Revoke {
    #[command(flatten)]
    data: DataFlags,
    /// The key's id, as `tidings api-key list` shows it
    #[arg(value_name = "ID")]
    id: String,
}

impl ApiKeys {
    pub(super) fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), CliError> {
        let data = match &self.wish {
            Wish::Create(create) => &create.data,
            Wish::List(list) => &list.data,
            Wish::Revoke(revoke) => &revoke.data,
        };
        let folder = data.folder(environment)?;
        let store = SqliteStore::open(Options::in_folder(&folder, Role::Tool))?.ports();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(CliError::system("start"))?;
        runtime.block_on(self.wish.fulfil(store.accounts.as_ref(), terminal))
    }
}

impl Wish {
    async fn fulfil(self, accounts: &dyn Accounts, terminal: &Terminal) -> Result<(), CliError> {
        match self {
            Self::Create(create) => create.fulfil(accounts, terminal).await,
            Self::List(_) => list(accounts, terminal).await,
            Self::Revoke(revoke) => revoke.fulfil(accounts, terminal).await,
        }
    }
}

impl Create {
    async fn fulfil(self, accounts: &dyn Accounts, terminal: &Terminal) -> Result<(), CliError> {
        let name = DisplayName::parse(&self.name)
            .map_err(|error| CliError::Usage(format!("--name: {error}")))?;
        let secret: [u8; KEY_BYTES] = random::secret();
        let text = format!("{API_KEY_PREFIX}{}", random::text(&secret));
        let mut scopes = self.scopes;
        scopes.sort();
        scopes.dedup();
        let key = ApiKey {
            id: ApiKeyId::from_uuid(random::id()),
            name: name.as_str().to_owned(),
            scopes,
            created_at: SystemClock::start().now(),
        };
        terminal.note(&format_args!(
            "key {} for \"{}\" may: {}. It is shown this once; keep it:",
            key.id,
            key.name,
            key.scopes.join(", "),
        ));
        accounts
            .create_api_key(key, Sha256::digest(&text).into())
            .await?;
        terminal.say(&text);
        Ok(())
    }
}

async fn list(accounts: &dyn Accounts, terminal: &Terminal) -> Result<(), CliError> {
    let mut keys = accounts.api_keys().await?;
    keys.sort_by_key(|key| (key.created_at, key.id));
    if keys.is_empty() {
        terminal.note(&"there are no keys; `tidings api-key create` makes one");
    }
    for key in keys {
        let (made, scopes) = (day(key.created_at), key.scopes.join(","));
        terminal.say(&format_args!(
            "{}  {made}  {scopes:30}  {}",
            key.id, key.name
        ));
    }
    Ok(())
}

impl Revoke {
    async fn fulfil(self, accounts: &dyn Accounts, terminal: &Terminal) -> Result<(), CliError> {
        let unknown = || CliError::Usage(format!("there is no live key {}", self.id));
        let id = ApiKeyId::parse(&self.id).map_err(|_| unknown())?;
        if !accounts.revoke_api_key(id).await? {
            return Err(unknown());
        }
        terminal.say(&format_args!("{id} is revoked"));
        Ok(())
    }
}
