BEGIN TRANSACTION;
CREATE TABLE "_llm_migrations" (
   "name" TEXT PRIMARY KEY,
   "applied_at" TEXT
);
INSERT INTO "_llm_migrations" VALUES('m001_initial','2026-11-27 03:18:47.787134+00:00');
INSERT INTO "_llm_migrations" VALUES('m002_id_primary_key','2026-11-27 03:18:47.809564+00:00');
INSERT INTO "_llm_migrations" VALUES('m003_chat_id_foreign_key','2026-11-27 03:18:47.836938+00:00');
INSERT INTO "_llm_migrations" VALUES('m004_column_order','2026-11-27 03:18:47.854518+00:00');
INSERT INTO "_llm_migrations" VALUES('m004_drop_provider','2026-11-27 03:18:47.897057+00:00');
INSERT INTO "_llm_migrations" VALUES('m005_debug','2026-11-27 03:18:47.985020+00:00');
INSERT INTO "_llm_migrations" VALUES('m006_new_logs_table','2026-11-27 03:18:48.104877+00:00');
INSERT INTO "_llm_migrations" VALUES('m007_finish_logs_table','2026-11-27 03:18:48.118034+00:00');
INSERT INTO "_llm_migrations" VALUES('m008_reply_to_id_foreign_key','2026-11-27 03:18:48.152855+00:00');
INSERT INTO "_llm_migrations" VALUES('m008_fix_column_order_in_logs','2026-11-27 03:18:48.175106+00:00');
INSERT INTO "_llm_migrations" VALUES('m009_delete_logs_table_if_empty','2026-11-27 03:18:48.184904+00:00');
INSERT INTO "_llm_migrations" VALUES('m010_create_new_log_tables','2026-11-27 03:18:48.202490+00:00');
INSERT INTO "_llm_migrations" VALUES('m011_fts_for_responses','2026-11-27 03:18:48.240437+00:00');
INSERT INTO "_llm_migrations" VALUES('m012_attachments_tables','2026-11-27 03:18:48.270419+00:00');
INSERT INTO "_llm_migrations" VALUES('m013_usage','2026-11-27 03:18:48.301636+00:00');
INSERT INTO "_llm_migrations" VALUES('m014_schemas','2026-11-27 03:18:48.608499+00:00');
INSERT INTO "_llm_migrations" VALUES('m015_fragments_tables','2026-11-27 03:18:48.675059+00:00');
INSERT INTO "_llm_migrations" VALUES('m016_fragments_table_pks','2026-11-27 03:18:48.740738+00:00');
INSERT INTO "_llm_migrations" VALUES('m017_tools_tables','2026-11-27 03:18:48.775226+00:00');
INSERT INTO "_llm_migrations" VALUES('m017_tools_plugin','2026-11-27 03:18:48.812547+00:00');
INSERT INTO "_llm_migrations" VALUES('m018_tool_instances','2026-11-27 03:18:48.920960+00:00');
INSERT INTO "_llm_migrations" VALUES('m019_resolved_model','2026-11-27 03:18:48.960503+00:00');
INSERT INTO "_llm_migrations" VALUES('m020_tool_results_attachments','2026-11-27 03:18:49.000437+00:00');
INSERT INTO "_llm_migrations" VALUES('m021_tool_results_exception','2026-11-27 03:18:49.040520+00:00');
INSERT INTO "_llm_migrations" VALUES('m022_response_reasoning','2026-11-27 03:19:10.488483+00:00');
INSERT INTO "_llm_migrations" VALUES('m023_message_store','2026-11-27 03:19:10.904741+00:00');
INSERT INTO "_llm_migrations" VALUES('m024_tool_instance_references','2026-11-27 03:19:11.122757+00:00');
INSERT INTO "_llm_migrations" VALUES('m025_turn_tools_instance_backfill','2026-11-27 03:19:11.129426+00:00');
INSERT INTO "_llm_migrations" VALUES('m026_message_tree_view','2026-11-27 03:19:11.137159+00:00');
INSERT INTO "_llm_migrations" VALUES('m027_turns_response_json','2026-11-27 03:19:11.145151+00:00');
CREATE TABLE "attachments" (
   "id" TEXT PRIMARY KEY,
   "type" TEXT,
   "path" TEXT,
   "url" TEXT,
   "content" BLOB
);
INSERT INTO "attachments" VALUES('6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0','image/png','/home/ada/dot.png',NULL,NULL);
CREATE TABLE "conversations" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "model" TEXT
);
INSERT INTO "conversations" VALUES('01m8dg6hwnfdt0te55r17hcmg4','What is a volume?','loop');
INSERT INTO "conversations" VALUES('01m8dg6szmsnzs2px5p1b19q75','Alone: what is in this picture?','loop');
INSERT INTO "conversations" VALUES('01m8dg6wbg5777mqpfmm57phy6','Eggs, milk. Eggs, milk. Eggs, m…','loop');
INSERT INTO "conversations" VALUES('01m8dg6y421gqk6vjde85rxg29','How far is it?','loop');
CREATE TABLE "fragment_aliases" (
   "alias" TEXT PRIMARY KEY,
   "fragment_id" INTEGER REFERENCES "fragments"("id")
);
CREATE TABLE "fragments" (
   "id" INTEGER PRIMARY KEY,
   "hash" TEXT,
   "content" TEXT,
   "datetime_utc" TEXT,
   "source" TEXT
);
INSERT INTO "fragments" VALUES(1,'1bc8bc52833d866c1359a7ea41437780a2d27e4cd247e8bd7c070539447790de','Eggs, milk.
Eggs, milk.
Eggs, milk.
','2026-11-27 03:19:00','/home/ada/notes.txt');
CREATE TABLE "messages" (
   "hash" TEXT PRIMARY KEY,
   "parent_hash" TEXT REFERENCES "messages"("hash"),
   "role" TEXT,
   "provider_metadata" TEXT
);
INSERT INTO "messages" VALUES('b2:96063c7eff30f274d90fe8c320788138',NULL,'user',NULL);
INSERT INTO "messages" VALUES('b2:19a5d2e2ea2eeb72e4e7c3762a7ccda5','b2:96063c7eff30f274d90fe8c320788138','assistant',NULL);
INSERT INTO "messages" VALUES('b2:2e83da70a28ed2dd7256b9795a376328','b2:19a5d2e2ea2eeb72e4e7c3762a7ccda5','tool',NULL);
INSERT INTO "messages" VALUES('b2:eb3e35c856d19014277ecc1396788e2d','b2:2e83da70a28ed2dd7256b9795a376328','assistant',NULL);
INSERT INTO "messages" VALUES('b2:6bb0c0c79db806e9ca07cf9b1a5b3235','b2:eb3e35c856d19014277ecc1396788e2d','user',NULL);
INSERT INTO "messages" VALUES('b2:d704077309764432e8a2e12ad8e792a2','b2:6bb0c0c79db806e9ca07cf9b1a5b3235','assistant',NULL);
INSERT INTO "messages" VALUES('b2:b88354310f24db895d9f9224666e10a6','b2:d704077309764432e8a2e12ad8e792a2','user',NULL);
INSERT INTO "messages" VALUES('b2:e95b8b62c397d674ed9a2d868da615e1','b2:b88354310f24db895d9f9224666e10a6','assistant',NULL);
INSERT INTO "messages" VALUES('b2:a3907632b469bd26cbf61b3d537bb076',NULL,'system',NULL);
INSERT INTO "messages" VALUES('b2:a9ba6d9ba9a0ef10eade1b8621f736a2','b2:a3907632b469bd26cbf61b3d537bb076','user',NULL);
INSERT INTO "messages" VALUES('b2:c9034656bec02edbed73c4b8c1068fbf','b2:a9ba6d9ba9a0ef10eade1b8621f736a2','assistant',NULL);
INSERT INTO "messages" VALUES('b2:18eacf00ddb1e056c0d644d855e17ca5','b2:c9034656bec02edbed73c4b8c1068fbf','user',NULL);
INSERT INTO "messages" VALUES('b2:fe065c1fedc26f8050316d21c866e9c9','b2:18eacf00ddb1e056c0d644d855e17ca5','assistant',NULL);
INSERT INTO "messages" VALUES('b2:fa46f8a899cb65bb45043fb6145f40b1',NULL,'user',NULL);
INSERT INTO "messages" VALUES('b2:2d70e7721da9143752ba37463fa21a16','b2:fa46f8a899cb65bb45043fb6145f40b1','assistant',NULL);
INSERT INTO "messages" VALUES('b2:57f1da67e64f01e3129741defbee57f6',NULL,'system',NULL);
INSERT INTO "messages" VALUES('b2:b82fa199d307021c3f7c9af188c4eb14','b2:57f1da67e64f01e3129741defbee57f6','user',NULL);
INSERT INTO "messages" VALUES('b2:e91a63a8552c3d568bef42620253af3e','b2:b82fa199d307021c3f7c9af188c4eb14','assistant',NULL);
CREATE TABLE "part_attachments" (
   "part_id" INTEGER REFERENCES "parts"("id"),
   "attachment_id" TEXT REFERENCES "attachments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("part_id", "attachment_id", "order")
);
INSERT INTO "part_attachments" VALUES(15,'6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0',0);
CREATE TABLE "part_fragments" (
   "part_id" INTEGER REFERENCES "parts"("id"),
   "fragment_id" INTEGER REFERENCES "fragments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("part_id", "fragment_id", "order")
);
INSERT INTO "part_fragments" VALUES(18,1,0);
CREATE TABLE "parts" (
   "id" INTEGER PRIMARY KEY,
   "message_hash" TEXT REFERENCES "messages"("hash"),
   "position" INTEGER,
   "type" TEXT,
   "tool_name" TEXT,
   "text" TEXT,
   "payload" TEXT
);
INSERT INTO "parts" VALUES(1,'b2:96063c7eff30f274d90fe8c320788138',0,'text',NULL,'How far is it?',NULL);
INSERT INTO "parts" VALUES(2,'b2:19a5d2e2ea2eeb72e4e7c3762a7ccda5',0,'tool_call','distance',NULL,'{"name": "distance", "arguments": {"start": "Berlin", "end": "Munich"}, "tool_call_id": "call_1"}');
INSERT INTO "parts" VALUES(3,'b2:2e83da70a28ed2dd7256b9795a376328',0,'tool_result','distance',NULL,'{"name": "distance", "output": "Berlin to Munich: 584 km", "tool_call_id": "call_1"}');
INSERT INTO "parts" VALUES(4,'b2:eb3e35c856d19014277ecc1396788e2d',0,'text',NULL,'You asked: Berlin to Munich: 584 km',NULL);
INSERT INTO "parts" VALUES(5,'b2:6bb0c0c79db806e9ca07cf9b1a5b3235',0,'text',NULL,'Please think again',NULL);
INSERT INTO "parts" VALUES(6,'b2:d704077309764432e8a2e12ad8e792a2',0,'text',NULL,'You asked: Please think again',NULL);
INSERT INTO "parts" VALUES(7,'b2:b88354310f24db895d9f9224666e10a6',0,'text',NULL,'After the update: go on',NULL);
INSERT INTO "parts" VALUES(8,'b2:e95b8b62c397d674ed9a2d868da615e1',0,'text',NULL,'You asked: After the update: go on',NULL);
INSERT INTO "parts" VALUES(9,'b2:a3907632b469bd26cbf61b3d537bb076',0,'text',NULL,'You are terse.',NULL);
INSERT INTO "parts" VALUES(10,'b2:a9ba6d9ba9a0ef10eade1b8621f736a2',0,'text',NULL,'What is a volume?',NULL);
INSERT INTO "parts" VALUES(11,'b2:c9034656bec02edbed73c4b8c1068fbf',0,'text',NULL,'You asked: What is a volume?',NULL);
INSERT INTO "parts" VALUES(12,'b2:18eacf00ddb1e056c0d644d855e17ca5',0,'text',NULL,'And
a bind mount?',NULL);
INSERT INTO "parts" VALUES(13,'b2:fe065c1fedc26f8050316d21c866e9c9',0,'text',NULL,'You asked: And
a bind mount?',NULL);
INSERT INTO "parts" VALUES(14,'b2:fa46f8a899cb65bb45043fb6145f40b1',0,'text',NULL,'Alone: what is in this picture?',NULL);
INSERT INTO "parts" VALUES(15,'b2:fa46f8a899cb65bb45043fb6145f40b1',1,'attachment',NULL,NULL,'{"attachment": {"id": "6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0"}}');
INSERT INTO "parts" VALUES(16,'b2:2d70e7721da9143752ba37463fa21a16',0,'text',NULL,'You asked: Alone: what is in this picture?',NULL);
INSERT INTO "parts" VALUES(17,'b2:57f1da67e64f01e3129741defbee57f6',0,'text',NULL,'Eggs, milk.
Eggs, milk.
Eggs, milk.',NULL);
INSERT INTO "parts" VALUES(18,'b2:b82fa199d307021c3f7c9af188c4eb14',0,'text',NULL,NULL,'{"text_ref": [{"fragment": 1}, {"literal": "\nShorten this"}]}');
INSERT INTO "parts" VALUES(19,'b2:e91a63a8552c3d568bef42620253af3e',0,'text',NULL,'You asked: Eggs, milk.
Eggs, milk.
Eggs, milk.

Shorten this',NULL);
CREATE TABLE "prompt_attachments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "attachment_id" TEXT REFERENCES "attachments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "attachment_id")
);
INSERT INTO "prompt_attachments" VALUES('01m8dg6sqc92mmkyxks8j2sav9','6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0',0);
CREATE TABLE "prompt_fragments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "fragment_id" INTEGER REFERENCES "fragments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "fragment_id", "order")
);
INSERT INTO "prompt_fragments" VALUES('01m8dg6w8p8cn3527cqxd1ztnj',1,0);
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
   "datetime_utc" TEXT,
   "input_tokens" INTEGER,
   "output_tokens" INTEGER,
   "token_details" TEXT,
   "schema_id" TEXT REFERENCES "schemas"("id")
, "resolved_model" TEXT, "reasoning" TEXT);
INSERT INTO "responses" VALUES('01m8dg6hmv9gzb7c8zg67yg6km','loop','What is a volume?','You are terse.','{"messages": [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "What is a volume?"}]}','{}','You asked: What is a volume?','{"content": {"$": "r:01m8dg6hmv9gzb7c8zg67yg6km"}, "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}','01m8dg6hwnfdt0te55r17hcmg4',249,'2026-11-27T03:18:49.243726+00:00',7,3,NULL,NULL,NULL,NULL);
INSERT INTO "responses" VALUES('01m8dg6nt3mm8bwv6p9fftw36a','loop','And
a bind mount?',NULL,'{"messages": [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "What is a volume?"}, {"role": "assistant", "content": "You asked: What is a volume?"}, {"role": "user", "content": "And\na bind mount?"}]}','{}','You asked: And
a bind mount?','{"content": {"$": "r:01m8dg6nt3mm8bwv6p9fftw36a"}, "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}','01m8dg6hwnfdt0te55r17hcmg4',650,'2026-11-27T03:18:53.507871+00:00',7,3,NULL,NULL,NULL,NULL);
INSERT INTO "responses" VALUES('01m8dg6sqc92mmkyxks8j2sav9','loop','Alone: what is in this picture?',NULL,'{"messages": [{"role": "user", "content": [{"type": "text", "text": "Alone: what is in this picture?"}, {"type": "image_url", "image_url": {"url": "data:..."}}]}]}','{}','You asked: Alone: what is in this picture?','{"content": {"$": "r:01m8dg6sqc92mmkyxks8j2sav9"}, "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}','01m8dg6szmsnzs2px5p1b19q75',263,'2026-11-27T03:18:57.516702+00:00',7,3,NULL,NULL,NULL,NULL);
INSERT INTO "responses" VALUES('01m8dg6w8p8cn3527cqxd1ztnj','loop','Shorten this',NULL,'{"messages": [{"role": "system", "content": "Eggs, milk.\nEggs, milk.\nEggs, milk."}, {"role": "user", "content": {"$r": [{"$": "f1"}, "\nShorten this"]}}]}','{}','You asked: Eggs, milk.
Eggs, milk.
Eggs, milk.

Shorten this','{"content": {"$": "r:01m8dg6w8p8cn3527cqxd1ztnj"}, "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}','01m8dg6wbg5777mqpfmm57phy6',89,'2026-11-27T03:19:00.118822+00:00',7,3,NULL,NULL,NULL,NULL);
INSERT INTO "responses" VALUES('01m8dg6y4dfb86qndn828wn7xv','loop','How far is it?',NULL,'{"messages": [{"role": "user", "content": "How far is it?"}]}','{}','','{"content": "", "finish_reason": "tool_calls", "usage": {"completion_tokens": 9, "prompt_tokens": 20, "total_tokens": 29}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}','01m8dg6y421gqk6vjde85rxg29',236,'2026-11-27T03:19:02.029160+00:00',20,9,NULL,NULL,NULL,NULL);
INSERT INTO "responses" VALUES('01m8dg6ybsbb2dz9adc0akhxgq','loop','',NULL,'{"messages": [{"role": "user", "content": "How far is it?"}, {"role": "assistant", "tool_calls": [{"type": "function", "id": "call_1", "function": {"name": "distance", "arguments": "{\"start\": \"Berlin\", \"end\": \"Munich\"}"}}]}, {"role": "tool", "tool_call_id": "call_1", "content": "Berlin to Munich: 584 km"}]}','{}','You asked: Berlin to Munich: 584 km','{"content": {"$": "r:01m8dg6ybsbb2dz9adc0akhxgq"}, "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}','01m8dg6y421gqk6vjde85rxg29',53,'2026-11-27T03:19:02.265868+00:00',7,3,NULL,NULL,NULL,NULL);
INSERT INTO "responses" VALUES('01m8dg7163qfd5trcsnyt51kc7','loop','Please think again',NULL,'{"messages": [{"role": "user", "content": "How far is it?"}, {"role": "assistant", "tool_calls": [{"type": "function", "id": "call_1", "function": {"name": "distance", "arguments": "{\"start\": \"Berlin\", \"end\": \"Munich\"}"}}]}, {"role": "tool", "tool_call_id": "call_1", "content": "Berlin to Munich: 584 km"}, {"role": "assistant", "content": "You asked: Berlin to Munich: 584 km"}, {"role": "user", "content": "Please think again"}]}','{}','You asked: Please think again','{"content": {"$": "r:01m8dg7163qfd5trcsnyt51kc7"}, "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}','01m8dg6y421gqk6vjde85rxg29',174,'2026-11-27T03:19:05.155775+00:00',7,3,NULL,NULL,NULL,NULL);
CREATE TABLE 'responses_fts_config'(k PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE 'responses_fts_data'(id INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE 'responses_fts_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
CREATE TABLE 'responses_fts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE "schemas" (
   "id" TEXT PRIMARY KEY,
   "content" TEXT
);
CREATE TABLE "system_fragments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "fragment_id" INTEGER REFERENCES "fragments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "fragment_id", "order")
);
INSERT INTO "system_fragments" VALUES('01m8dg6w8p8cn3527cqxd1ztnj',1,0);
CREATE TABLE "threads" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "tip_message_hash" TEXT REFERENCES "messages"("hash"),
   "forked_from" TEXT REFERENCES "threads"("id"),
   "datetime_utc" TEXT
);
INSERT INTO "threads" VALUES('01m8dg6y421gqk6vjde85rxg29','After the update: go on','b2:e95b8b62c397d674ed9a2d868da615e1',NULL,'2026-11-27 03:19:11.579300+00:00');
INSERT INTO "threads" VALUES('01m8dg7a7hjwjdha9595j0ajx1','What is a volume?','b2:fe065c1fedc26f8050316d21c866e9c9',NULL,'2026-11-27 03:19:14.697578+00:00');
INSERT INTO "threads" VALUES('01m8dg7fqj376aecveeyjet610','Alone: what is in this picture?','b2:2d70e7721da9143752ba37463fa21a16',NULL,'2026-11-27 03:19:20.332551+00:00');
INSERT INTO "threads" VALUES('01m8dg7j33w8yhf0nb4swjh5bj','Eggs, milk. Eggs, milk. Eggs, m…','b2:e91a63a8552c3d568bef42620253af3e',NULL,'2026-11-27 03:19:22.705416+00:00');
INSERT INTO "threads" VALUES('01m8dg7n1jt7vyzc38h2t7qez2','How far is it?','b2:d704077309764432e8a2e12ad8e792a2',NULL,'2026-11-27 03:19:25.793271+00:00');
CREATE TABLE "tool_calls" (
   "id" INTEGER PRIMARY KEY,
   "response_id" TEXT REFERENCES "responses"("id"),
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "name" TEXT,
   "arguments" TEXT,
   "tool_call_id" TEXT
);
INSERT INTO "tool_calls" VALUES(1,'01m8dg6y4dfb86qndn828wn7xv',1,'distance','{"start": "Berlin", "end": "Munich"}','call_1');
CREATE TABLE "tool_instances" (
   "id" INTEGER PRIMARY KEY,
   "plugin" TEXT,
   "name" TEXT,
   "arguments" TEXT
);
CREATE TABLE "tool_instantiations" (
   "turn_id" TEXT REFERENCES "turns"("id"),
   "tool_call_id" TEXT,
   "instance_id" INTEGER REFERENCES "tool_instances"("id"),
   PRIMARY KEY ("turn_id", "tool_call_id")
);
CREATE TABLE "tool_responses" (
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "response_id" TEXT REFERENCES "responses"("id"),
   PRIMARY KEY ("tool_id", "response_id")
);
INSERT INTO "tool_responses" VALUES(1,'01m8dg6y4dfb86qndn828wn7xv');
INSERT INTO "tool_responses" VALUES(1,'01m8dg6ybsbb2dz9adc0akhxgq');
CREATE TABLE "tool_results" (
   "id" INTEGER PRIMARY KEY,
   "response_id" TEXT REFERENCES "responses"("id"),
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "name" TEXT,
   "output" TEXT,
   "tool_call_id" TEXT,
   "instance_id" INTEGER REFERENCES "tool_instances"("id")
, "exception" TEXT);
INSERT INTO "tool_results" VALUES(1,'01m8dg6ybsbb2dz9adc0akhxgq',1,'distance','Berlin to Munich: 584 km','call_1',NULL,NULL);
CREATE TABLE "tool_results_attachments" (
   "tool_result_id" INTEGER REFERENCES "tool_results"("id"),
   "attachment_id" TEXT REFERENCES "attachments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("tool_result_id", "attachment_id")
);
CREATE TABLE "tools" (
   "id" INTEGER PRIMARY KEY,
   "hash" TEXT,
   "name" TEXT,
   "description" TEXT,
   "input_schema" TEXT
, "plugin" TEXT);
INSERT INTO "tools" VALUES(1,'5e1a85f1015bc070b6b3ba69303317ed58345af7d481e5306580977acf8b3596','distance','Kilometres between two towns.','{"properties": {"start": {"type": "string"}, "end": {"type": "string"}}, "required": ["start", "end"], "type": "object"}',NULL);
CREATE TABLE "turn_fragments" (
   "turn_id" TEXT REFERENCES "turns"("id"),
   "fragment_id" INTEGER REFERENCES "fragments"("id"),
   "order" INTEGER,
   "kind" TEXT,
   PRIMARY KEY ("turn_id", "fragment_id", "kind", "order")
);
INSERT INTO "turn_fragments" VALUES('01m8dg7j3fah3tn5d7wgrz30rj',1,0,'prompt');
INSERT INTO "turn_fragments" VALUES('01m8dg7j3fah3tn5d7wgrz30rj',1,0,'system');
CREATE TABLE 'turn_search_fts_config'(k PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE 'turn_search_fts_data'(id INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE 'turn_search_fts_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
CREATE TABLE 'turn_search_fts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE "turn_tools" (
   "turn_id" TEXT REFERENCES "turns"("id"),
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "instance_id" INTEGER REFERENCES "tool_instances"("id"),
   PRIMARY KEY ("turn_id", "tool_id")
);
INSERT INTO "turn_tools" VALUES('01m8dg7n1tf8h6ceydpw2geq0p',1,NULL);
INSERT INTO "turn_tools" VALUES('01m8dg7n9jzh3ep2bventrw98d',1,NULL);
CREATE TABLE "turns" (
   "id" TEXT PRIMARY KEY,
   "thread_id" TEXT REFERENCES "threads"("id"),
   "parent_message_hash" TEXT REFERENCES "messages"("hash"),
   "tip_message_hash" TEXT REFERENCES "messages"("hash"),
   "model" TEXT,
   "resolved_model" TEXT,
   "options_json" TEXT,
   "schema_id" TEXT REFERENCES "schemas"("id"),
   "input_tokens" INTEGER,
   "output_tokens" INTEGER,
   "token_details" TEXT,
   "duration_ms" INTEGER,
   "datetime_utc" TEXT
, "response_json" TEXT);
INSERT INTO "turns" VALUES('01m8dg77424tat8sfdfs424q28','01m8dg6y421gqk6vjde85rxg29','b2:b88354310f24db895d9f9224666e10a6','b2:e95b8b62c397d674ed9a2d868da615e1','loop',NULL,NULL,NULL,7,3,NULL,344,'2026-11-27T03:19:11.234156+00:00','{"content": "You asked: After the update: go on", "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}');
INSERT INTO "turns" VALUES('01m8dg7a7k8mrbq5pzdt0c6599','01m8dg7a7hjwjdha9595j0ajx1','b2:a9ba6d9ba9a0ef10eade1b8621f736a2','b2:c9034656bec02edbed73c4b8c1068fbf','loop',NULL,NULL,NULL,7,3,NULL,277,'2026-11-27T03:19:14.419100+00:00','{"content": "You asked: What is a volume?", "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}');
INSERT INTO "turns" VALUES('01m8dg7d6a59fym04b8m6afwfa','01m8dg7a7hjwjdha9595j0ajx1','b2:18eacf00ddb1e056c0d644d855e17ca5','b2:fe065c1fedc26f8050316d21c866e9c9','loop',NULL,NULL,NULL,7,3,NULL,360,'2026-11-27T03:19:17.450954+00:00','{"content": "You asked: And\na bind mount?", "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}');
INSERT INTO "turns" VALUES('01m8dg7fqrkdjqtwdg64ewm51q','01m8dg7fqj376aecveeyjet610','b2:fa46f8a899cb65bb45043fb6145f40b1','b2:2d70e7721da9143752ba37463fa21a16','loop',NULL,NULL,NULL,7,3,NULL,271,'2026-11-27T03:19:20.056334+00:00','{"content": "You asked: Alone: what is in this picture?", "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}');
INSERT INTO "turns" VALUES('01m8dg7j3fah3tn5d7wgrz30rj','01m8dg7j33w8yhf0nb4swjh5bj','b2:b82fa199d307021c3f7c9af188c4eb14','b2:e91a63a8552c3d568bef42620253af3e','loop',NULL,NULL,NULL,7,3,NULL,225,'2026-11-27T03:19:22.479226+00:00','{"content": "You asked: Eggs, milk.\nEggs, milk.\nEggs, milk.\n\nShorten this", "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}');
INSERT INTO "turns" VALUES('01m8dg7n1tf8h6ceydpw2geq0p','01m8dg7n1jt7vyzc38h2t7qez2','b2:96063c7eff30f274d90fe8c320788138','b2:19a5d2e2ea2eeb72e4e7c3762a7ccda5','loop',NULL,NULL,NULL,20,9,NULL,248,'2026-11-27T03:19:25.498140+00:00','{"content": "", "finish_reason": "tool_calls", "usage": {"completion_tokens": 9, "prompt_tokens": 20, "total_tokens": 29}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}');
INSERT INTO "turns" VALUES('01m8dg7n9jzh3ep2bventrw98d','01m8dg7n1jt7vyzc38h2t7qez2','b2:2e83da70a28ed2dd7256b9795a376328','b2:eb3e35c856d19014277ecc1396788e2d','loop',NULL,NULL,NULL,7,3,NULL,45,'2026-11-27T03:19:25.746949+00:00','{"content": "You asked: Berlin to Munich: 584 km", "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}');
INSERT INTO "turns" VALUES('01m8dg7qddzx67z27fee681qj8','01m8dg7n1jt7vyzc38h2t7qez2','b2:6bb0c0c79db806e9ca07cf9b1a5b3235','b2:d704077309764432e8a2e12ad8e792a2','loop',NULL,NULL,NULL,7,3,NULL,224,'2026-11-27T03:19:27.917978+00:00','{"content": "You asked: Please think again", "finish_reason": "stop", "usage": {"completion_tokens": 3, "prompt_tokens": 7, "total_tokens": 10}, "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "loopback-1", "created": 1794900000}');
CREATE UNIQUE INDEX "idx_fragments_hash"
    ON "fragments" ("hash");
CREATE UNIQUE INDEX "idx_tools_hash"
    ON "tools" ("hash");
CREATE INDEX "idx_messages_parent_hash"
    ON "messages" ("parent_hash");
CREATE UNIQUE INDEX "idx_parts_message_hash_position"
    ON "parts" ("message_hash", "position");
CREATE INDEX "idx_part_fragments_fragment_id"
    ON "part_fragments" ("fragment_id");
CREATE INDEX "idx_turns_thread_id"
    ON "turns" ("thread_id");
CREATE INDEX "idx_turn_fragments_fragment_id"
    ON "turn_fragments" ("fragment_id");
COMMIT;
