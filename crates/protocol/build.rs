//! Makes the protobuf types from `proto/tidings.proto`, without any program but Rust's own.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto/tidings.proto");
    let descriptors = protox::compile(["proto/tidings.proto"], ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
