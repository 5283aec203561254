//! In a browser: the client, and people's ways through the dashboard. They take longest, so they stand in front: tests begin
//! in the order of their names, and everything else runs beside them.

use super::web::script::Script;

#[test]
fn client_in_chromium() {
    Script("clients/typescript", "test:browser").in_chromium();
}

#[test]
fn dashboard_in_chromium() {
    Script("web", "test:browser").in_chromium();
}
