//! The alerts by month: a table, a chart, and a file.

use super::queue::counted;
use super::{cell, has_queue, row, table};
use crate::api::privacy::{ReportMonth, alert_report, export_alerts};
use crate::components::loaded::Loaded;
use crate::components::notice::focus_soon;
use crate::components::page::Page;
use crate::components::problem::TroubleView;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::alert::{AlertKind, Finding};
use domain::clock::long_date;
use jiff::civil::Date;
use leptos::prelude::*;

/// The link to the file.
const FILE: &str = "file";

/// The screen.
pub fn screen() -> AnyView {
    let read = Loaded::<Vec<ReportMonth>>::new();
    let file = Loaded::<String>::new();
    Effect::new(move || read.ask(alert_report()));
    let again = Callback::new(move |()| read.ask(alert_report()));
    let (back, text) = if has_queue() {
        ("/privacy", "Privacy alerts")
    } else {
        ("/privacy/looks", "Who looked at a patient")
    };
    // The file is made when it is asked for: each export is in the audit.
    let export = move || match file.value.get() {
        Some(csv) => {
            let href = format!(
                "data:text/csv;charset=utf-8;base64,{}",
                STANDARD.encode(csv)
            );
            view! {
                <p class="nhsuk-body">
                    <a id=FILE href=href download="privacy-alerts.csv" rel="external">
                        "Save privacy-alerts.csv"
                    </a>
                </p>
            }
            .into_any()
        }
        None => view! {
            <button
                class="nhsuk-button nhsuk-button--secondary"
                type="button"
                aria-disabled=move || file.work.pending().then_some("true")
                on:click=move |_| {
                    if !file.work.busy() {
                        file.ask_then(export_alerts(), || focus_soon(FILE));
                    }
                }
            >
                {move || if file.work.pending() { "Making the file…" } else { "Export as CSV" }}
            </button>
        }
        .into_any(),
    };
    view! {
        <Page title="Alerts by month">
            <a class="nhsuk-back-link" href=back>{text}</a>
            <h1 class="nhsuk-heading-l">"Alerts by month"</h1>
            {read.view("Reading the report", again, |months| whole(&months))}
            <h2 class="nhsuk-heading-m">"As a file"</h2>
            <p class="nhsuk-body">
                "The alerts of the last twelve months, one on each line. It names staff and no patient: keep it as safe as the service does."
            </p>
            <TroubleView trouble=file.trouble />
            {export}
        </Page>
    }
    .into_any()
}

/// As in "November 2026".
fn month(month: &ReportMonth) -> String {
    Date::new(month.year, month.month, 1)
        .map(long_date)
        .map(|date| date.trim_start_matches("1 ").to_owned())
        .unwrap_or_default()
}

fn whole(months: &[ReportMonth]) -> AnyView {
    let most = months
        .iter()
        .map(ReportMonth::total)
        .max()
        .unwrap_or_default()
        .max(1);
    // Every number stands beside its bar: nobody needs to see the bar.
    let chart = months
        .iter()
        .map(|line| {
            let total = line.total();
            view! {
                <li class="ncrs-chart__row">
                    <span class="ncrs-chart__label">{month(line)}</span>
                    <meter class="ncrs-chart__bar" min="0" max=most value=total aria-hidden="true"></meter>
                    <span class="ncrs-chart__value">{counted(total, "alert", "alerts")}</span>
                </li>
            }
        })
        .collect_view();
    let rows = months
        .iter()
        .map(|line| {
            row(vec![
                cell("Month", month(line)),
                cell("Raised", list(&line.raised, AlertKind::label)),
                cell("Found", list(&line.findings, Finding::label)),
                cell("Not closed", line.waiting.to_string()),
            ])
        })
        .collect();
    let columns = vec!["Month", "Raised", "Found", "Not closed"];
    view! {
        <ul class="ncrs-chart" aria-label="Alerts raised in each month">{chart}</ul>
        {table("Alerts of each month, and what was found".to_owned(), columns, rows)}
    }
    .into_any()
}

fn list<T: Copy + 'static>(counts: &[(T, u64)], label: fn(T) -> &'static str) -> AnyView {
    if counts.is_empty() {
        return "None".into_any();
    }
    counts
        .iter()
        .map(|(what, count)| view! { <div>{format!("{} {count}", label(*what))}</div> })
        .collect_view()
        .into_any()
}
