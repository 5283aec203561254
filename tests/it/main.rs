//! One binary for all tests that run whole servers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod browser;
mod chaos;
mod cli;
mod contract;
mod data_directory;
mod disk_trouble;
mod faultdisk;
mod harness;
mod house;
mod http;
mod live;
mod power_loss;
mod server;
mod under_way;
mod web;
mod webhooks;
mod worker;
