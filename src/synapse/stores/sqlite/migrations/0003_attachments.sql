-- What goes with a message beside its text. A rowid table: WITHOUT ROWID is slow with large rows.
CREATE TABLE attachments (
    message_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    source TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (message_id, n)
);

-- Says, where a message is read anyway, whether to look for attachments at all.
ALTER TABLE messages ADD COLUMN attachment_count INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER attachment_added AFTER INSERT ON attachments
BEGIN
    UPDATE messages SET attachment_count = attachment_count + 1 WHERE id = new.message_id;
END;

-- Of a message that is being deleted there is no row left to update.
CREATE TRIGGER attachment_removed AFTER DELETE ON attachments
BEGIN
    UPDATE messages SET attachment_count = attachment_count - 1 WHERE id = old.message_id;
END;
