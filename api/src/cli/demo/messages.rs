//! The demo's notifications and mail: of orders that are ready, of a mail that nobody takes, and of one that waits.

use arvlite_db::models::{
    ArContent, Company, EmailMessage, EmailStatus, NewEmailMessage, NewNotification, Notification, NotificationType,
};
use arvlite_db::{ChildOf, Page, Scope, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::seed::Seed;

/// Orders that are told of.
const TOLD: i64 = 6;

/// Writes the messages of the companies that have none.
pub(super) async fn write(seed: &Seed, companies: &[Company]) -> anyhow::Result<()> {
    for company in companies {
        let tx = seed.app.db.begin(Scope::Everything).await?;
        let contents = <ArContent as ChildOf<Company>>::of_parents(&tx, &[company.id], &Page::first(TOLD)).await?;
        let told = <Notification as ChildOf<Company>>::of_parents(&tx, &[company.id], &Page::first(1)).await?;
        if told.is_empty() {
            for (place, content) in contents.iter().enumerate() {
                Notification::insert(&tx, &created(content, place % 2 == 0)).await?;
                if let Some(mail) = ready_mail(content) {
                    EmailMessage::insert(&tx, &mail).await?;
                }
            }
            trouble(&tx, seed.opened, company).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// An order was created; every other one was read the same day.
fn created(content: &ArContent, was_read: bool) -> NewNotification {
    let told_at = content.created_at + TimeDelta::seconds(20);
    NewNotification {
        company_id: content.company_id,
        project_id: Some(content.project_id),
        ar_content_id: Some(content.id),
        notification_type: NotificationType::ArContentCreated,
        subject: Some(format!("Новый заказ {}", content.order_number)),
        message: Some("Заказ создан, код можно печатать.".to_owned()),
        metadata: json!({ "orderNumber": content.order_number }),
        email_sent: true,
        email_sent_at: Some(told_at),
        email_attempts: 1,
        email_error: None,
        telegram_sent: true,
        telegram_sent_at: Some(told_at),
        telegram_attempts: 1,
        telegram_error: None,
        read_at: was_read.then(|| content.created_at + TimeDelta::hours(3)),
        created_at: content.created_at,
    }
}

/// What a customer is told when their photo comes alive.
fn ready_mail(content: &ArContent) -> Option<NewEmailMessage> {
    let sent_at = content.created_at + TimeDelta::seconds(20);
    let mail = mail(content.company_id, content.customer_email.clone()?, "Ваше фото ожило", content.created_at);
    Some(NewEmailMessage {
        body: format!("Заказ {} готов: наведите телефон на фотографию.", content.order_number),
        template_id: Some("order_ready".to_owned()),
        variables: json!({ "orderNumber": content.order_number }),
        status: EmailStatus::Sent,
        attempts: 1,
        sent_at: Some(sent_at),
        updated_at: sent_at,
        ..mail
    })
}

/// A mail that was given up, what the studio was told of it, and a report that is sent tomorrow.
async fn trouble(tx: &Tx, opened: DateTime<Utc>, company: &Company) -> anyhow::Result<()> {
    let yesterday = opened - TimeDelta::days(1);
    let contact = company.contact_email.clone().unwrap_or_else(|| format!("{}@example.com", company.slug));
    let given_up = NewEmailMessage {
        body: "Срок действия кода заканчивается через неделю.".to_owned(),
        template_id: Some("subscription_end".to_owned()),
        status: EmailStatus::Failed,
        attempts: 3,
        last_error: Some("550 5.1.1 mailbox unavailable".to_owned()),
        updated_at: yesterday + TimeDelta::hours(2),
        ..mail(company.id, "nobody@example.invalid".to_owned(), "Код скоро перестанет работать", yesterday)
    };
    EmailMessage::insert(tx, &given_up).await?;
    let alert = NewNotification {
        company_id: company.id,
        project_id: None,
        ar_content_id: None,
        notification_type: NotificationType::SystemAlert,
        subject: Some("Письмо не доставлено".to_owned()),
        message: Some("Письмо клиенту не удалось отправить после трёх попыток.".to_owned()),
        metadata: json!({}),
        email_sent: false,
        email_sent_at: None,
        email_attempts: 0,
        email_error: None,
        telegram_sent: false,
        telegram_sent_at: None,
        telegram_attempts: 2,
        telegram_error: Some("429 too many requests".to_owned()),
        read_at: None,
        created_at: given_up.updated_at,
    };
    Notification::insert(tx, &alert).await?;
    let report = NewEmailMessage {
        body: "Сводка просмотров за месяц.".to_owned(),
        template_id: Some("admin_report".to_owned()),
        priority: 8,
        scheduled_at: opened + TimeDelta::days(1),
        ..mail(company.id, contact, "Отчёт за месяц", opened)
    };
    EmailMessage::insert(tx, &report).await?;
    Ok(())
}

/// A mail that waits from the time that it is written.
fn mail(company_id: i64, recipient_to: String, subject: &str, created_at: DateTime<Utc>) -> NewEmailMessage {
    NewEmailMessage {
        company_id,
        recipient_to,
        recipient_cc: None,
        recipient_bcc: None,
        subject: subject.to_owned(),
        body: String::new(),
        html: None,
        template_id: None,
        variables: json!({}),
        status: EmailStatus::Pending,
        attempts: 0,
        max_attempts: 3,
        last_error: None,
        priority: 5,
        scheduled_at: created_at,
        sent_at: None,
        created_at,
        updated_at: created_at,
    }
}
