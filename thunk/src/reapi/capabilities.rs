//! What a server must be able to do.

use bazel_remote_apis::build::bazel::remote::execution::v2::{
    CacheCapabilities, ExecutionCapabilities, ServerCapabilities, digest_function,
};

/// Messages of more than 4 MiB are refused by most servers; this leaves room for what else is in one.
const LARGEST_BATCH: u64 = (4 << 20) - (16 << 10);

/// How many bytes of contents a message may have, if the server can be used at all; why not, if it cannot.
pub(super) fn largest_batch(server: &ServerCapabilities) -> Result<u64, String> {
    let execution = server.execution_capabilities.as_ref();
    if !execution.is_some_and(|execution| execution.exec_enabled) {
        return Err("it does not execute, it only keeps contents".into());
    }
    if !execution.is_some_and(executes_by_sha256) {
        return Err("it does not execute actions that are named by SHA-256".into());
    }
    let cache = server.cache_capabilities.as_ref();
    let Some(cache) = cache.filter(|cache| keeps_by_sha256(cache)) else {
        return Err("it does not keep contents that are named by SHA-256".into());
    };
    match u64::try_from(cache.max_batch_total_size_bytes) {
        Ok(0) => Ok(LARGEST_BATCH),
        Ok(limit) => Ok(limit.min(LARGEST_BATCH)),
        Err(_) => Err(format!(
            "it says that a batch has at most {} bytes",
            cache.max_batch_total_size_bytes
        )),
    }
}

const SHA256: i32 = digest_function::Value::Sha256 as i32;

fn executes_by_sha256(execution: &ExecutionCapabilities) -> bool {
    execution.digest_function == SHA256 || execution.digest_functions.contains(&SHA256)
}

fn keeps_by_sha256(cache: &CacheCapabilities) -> bool {
    cache.digest_functions.contains(&SHA256)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> ServerCapabilities {
        ServerCapabilities {
            cache_capabilities: Some(CacheCapabilities {
                digest_functions: vec![digest_function::Value::Md5.into(), SHA256],
                ..Default::default()
            }),
            execution_capabilities: Some(ExecutionCapabilities {
                digest_function: SHA256,
                exec_enabled: true,
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn batches_are_as_large_as_both_sides_take() {
        let with = |limit| {
            let mut server = good();
            let cache = server.cache_capabilities.as_mut().unwrap();
            cache.max_batch_total_size_bytes = limit;
            largest_batch(&server)
        };
        assert_eq!(with(0), Ok(LARGEST_BATCH));
        assert_eq!(with(i64::MAX), Ok(LARGEST_BATCH));
        assert_eq!(with(1000), Ok(1000));
        assert!(with(-1).is_err());
    }

    #[test]
    fn who_cannot_is_refused() {
        assert!(largest_batch(&ServerCapabilities::default()).is_err());
        let mut server = good();
        server.cache_capabilities = None;
        assert!(largest_batch(&server).is_err());
        let mut server = good();
        let execution = server.execution_capabilities.as_mut().unwrap();
        execution.exec_enabled = false;
        assert!(largest_batch(&server).is_err());
        let mut server = good();
        let execution = server.execution_capabilities.as_mut().unwrap();
        execution.digest_function = digest_function::Value::Md5.into();
        assert!(largest_batch(&server).is_err());
        let execution = server.execution_capabilities.as_mut().unwrap();
        execution.digest_functions = vec![SHA256];
        assert!(largest_batch(&server).is_ok());
    }
}
