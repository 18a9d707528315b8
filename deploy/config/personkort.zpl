#   Settings of the services, a section each. Every setting has a default; what is not here has it.
#   A file with a section or key that nobody knows is refused, with its line and the nearest known name.
#
#   E-mail goes to files in the outbox until a mail server is named:
#
#notification
#    transport_email = "smtp"
#    mail.from = "klubben@example.se"
#    mail.from_name = "Klubben"
#    smtp.url = "smtp://mail.example.se:587"
#    smtp.tls = "starttls"
#    smtp.user = "klubben@example.se"
#    smtp.password_file = "/etc/personkort/smtp.password"
#
#   smtp.tls is starttls (required before anything is sent), tls (from the first byte; then the url begins with smtps://) or none.
#   The password file holds the password in its first line, and only its owner may have access to it.
#   Further: outbox, mail.domain, smtp.ca_file, smtp.connections, smtp.connect_timeout_ms, smtp.answer_timeout_s,
#   smtp.total_timeout_s, retry_first_ms, retry_most_ms, retry_stopped_ms; services/notification/settings.c has the table, with limits and meanings.
#
#   Backups (pk backup make, deploy/restore) go to the folder beside the data, /var/lib/personkort-backup. With an archive on, every
#   batch is also written there before it is acknowledged, so that any moment can be restored (deploy/restore --until); it costs a
#   second disk sync a batch, and its disk should be another one:
#
#backup
#    folder = "/mnt/backup/personkort"
#    archive = "on"
#    rate_mib_s = "100"
#
#   Under systemd another folder has to be made writable: ReadWritePaths= in a drop-in of personkort@.service.
#
#   After a person was erased the stores' files are compacted, so that no page holds old bytes. Each service shuts its doors for that, about a
#   second for 100 MB: at a time of day, at_once, or never (then: pk service compact).
#
#erasure
#    compact = "03:30"
