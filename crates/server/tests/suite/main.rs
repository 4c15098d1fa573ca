//! The server from outside: its operations word for word, its HTTP byte by byte, and hostile requests.

#[cfg(test)]
mod api;
#[cfg(test)]
mod express;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod http;
mod limits;
#[cfg(test)]
mod log_delivery;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod map_runs;
#[cfg(test)]
mod redrive;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tags;
#[cfg(test)]
mod test_state;
#[cfg(test)]
mod versions;
