BEGIN TRANSACTION;
CREATE TABLE "_llm_migrations" (
   "name" TEXT PRIMARY KEY,
   "applied_at" TEXT
);
INSERT INTO "_llm_migrations" VALUES('m001_initial','2026-11-27 03:18:19.422365');
INSERT INTO "_llm_migrations" VALUES('m002_id_primary_key','2026-11-27 03:18:19.432588');
INSERT INTO "_llm_migrations" VALUES('m003_chat_id_foreign_key','2026-11-27 03:18:19.450047');
INSERT INTO "_llm_migrations" VALUES('m004_column_order','2026-11-27 03:18:19.459044');
INSERT INTO "_llm_migrations" VALUES('m004_drop_provider','2026-11-27 03:18:19.467391');
INSERT INTO "_llm_migrations" VALUES('m005_debug','2026-11-27 03:18:19.477689');
INSERT INTO "_llm_migrations" VALUES('m006_new_logs_table','2026-11-27 03:18:19.498236');
INSERT INTO "_llm_migrations" VALUES('m007_finish_logs_table','2026-11-27 03:18:19.553172');
INSERT INTO "_llm_migrations" VALUES('m008_reply_to_id_foreign_key','2026-11-27 03:18:19.604774');
INSERT INTO "_llm_migrations" VALUES('m008_fix_column_order_in_logs','2026-11-27 03:18:19.618713');
INSERT INTO "_llm_migrations" VALUES('m009_delete_logs_table_if_empty','2026-11-27 03:18:19.625095');
INSERT INTO "_llm_migrations" VALUES('m010_create_new_log_tables','2026-11-27 03:18:19.634204');
INSERT INTO "_llm_migrations" VALUES('m011_fts_for_responses','2026-11-27 03:18:19.661643');
INSERT INTO "_llm_migrations" VALUES('m012_attachments_tables','2026-11-27 03:18:19.673859');
INSERT INTO "_llm_migrations" VALUES('m013_usage','2026-11-27 03:18:19.687391');
CREATE TABLE "attachments" (
   "id" TEXT PRIMARY KEY,
   "type" TEXT,
   "path" TEXT,
   "url" TEXT,
   "content" BLOB
);
CREATE TABLE "conversations" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "model" TEXT
);
INSERT INTO "conversations" VALUES('01m8dg5msa91b2ky30ste73xhx','What is a volume?','loop');
CREATE TABLE "prompt_attachments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "attachment_id" TEXT REFERENCES "attachments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "attachment_id")
);
CREATE TABLE "responses" (
   "id" TEXT PRIMARY KEY,
   "model" TEXT,
   "prompt" TEXT,
   "system" TEXT,
   "prompt_json" TEXT,
   "options_json" TEXT,
   "response" TEXT,
   "response_json" TEXT,
   "conversation_id" TEXT REFERENCES "conversations"("id"),
   "duration_ms" INTEGER,
   "datetime_utc" TEXT
, "input_tokens" INTEGER, "output_tokens" INTEGER, "token_details" TEXT);
INSERT INTO "responses" VALUES('01m8dg5msddycdarq2kv10906g','loop','What is a volume?','You are terse.','{"messages": [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "What is a volume?"}]}','{}','You asked: What is a volume?','{"content": "You asked: What is a volume?", "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}','01m8dg5msa91b2ky30ste73xhx',129,'2026-11-27T03:18:19.282608',7,3,NULL);
INSERT INTO "responses" VALUES('01m8dg5q3c3h7pv4gnz40d74gf','loop','And
a bind mount?',NULL,'{"messages": [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "What is a volume?"}, {"role": "assistant", "content": "You asked: What is a volume?"}, {"role": "user", "content": "And\na bind mount?"}]}','{}','You asked: And
a bind mount?','{"content": "You asked: And\na bind mount?", "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}','01m8dg5msa91b2ky30ste73xhx',243,'2026-11-27T03:18:21.815272',7,3,NULL);
CREATE TABLE 'responses_fts_config'(k PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE 'responses_fts_data'(id INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE 'responses_fts_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
CREATE TABLE 'responses_fts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
COMMIT;
