//! A server to try things with: `serve PORT [FUNCTIONS_FOLDER] [DATA_FOLDER]`.
//!
//! Without a data folder it keeps nothing.

use std::path::Path;
use std::sync::Arc;

use functions::{Functions, load_folder};
use integrations::Integrations;
use runtime::{Runtime, Settings, SystemClock};
use server::Server;
use store::{EmbeddedOptions, EmbeddedStore, MemoryStore, Store};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().as_deref().unwrap_or("8083").parse()?;
    let configs = match arguments.next() {
        Some(folder) if folder != "-" => load_folder(Path::new(&folder))?,
        _ => Vec::new(),
    };
    let store: Arc<dyn Store> = match arguments.next() {
        Some(folder) => Arc::new(EmbeddedStore::open(
            Path::new(&folder),
            &EmbeddedOptions::default(),
        )?),
        None => Arc::new(MemoryStore::new()),
    };
    let settings = functions::Settings::new(api::caller::ACCOUNT_DEFAULT, api::caller::REGION_DEFAULT);
    let functions = Functions::new(configs, settings);
    let integrations = Integrations::new(functions.clone());
    let tasks = Arc::new(integrations.clone());
    let runtime = Runtime::open(store, tasks, Arc::new(SystemClock), Settings::default()).await?;

    let listener = server::bind(([127, 0, 0, 1], port).into()).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let server = Server::new(runtime.clone(), &integrations);
    let shutdown = async {
        let _ = tokio::signal::ctrl_c().await;
        server.end_polls();
    };
    server::serve(listener, Arc::clone(&server), shutdown).await;
    runtime.shutdown().await;
    functions.shutdown().await;
    Ok(())
}
