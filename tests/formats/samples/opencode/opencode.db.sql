CREATE TABLE `message` (
          `id` text PRIMARY KEY,
          `session_id` text NOT NULL,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          `data` text NOT NULL,
          CONSTRAINT `fk_message_session_id_session_id_fk` FOREIGN KEY (`session_id`) REFERENCES `session`(`id`) ON DELETE CASCADE
        );
INSERT INTO "message" VALUES('msg_21afc0038001b45P4FCNqfmak3','ses_de5040235ffen1llTJXjgQ6szv',1795749052472,1795749065537,'{"role":"user","time":{"created":1795749052472},"agent":"build","model":{"providerID":"loopback","modelID":"loopback-1"},"summary":{"diffs":[]}}');
INSERT INTO "message" VALUES('msg_21afc112a0014un5cfR7VBV4vu','ses_de5040235ffen1llTJXjgQ6szv',1795749056811,1795749065042,'{"parentID":"msg_21afc0038001b45P4FCNqfmak3","role":"assistant","mode":"build","agent":"build","path":{"cwd":"/home/ada/project","root":"/"},"cost":0,"tokens":{"total":10,"input":7,"output":3,"reasoning":0,"cache":{"write":0,"read":0}},"modelID":"loopback-1","providerID":"loopback","time":{"created":1795749056811,"completed":1795749065019},"finish":"tool-calls"}');
INSERT INTO "message" VALUES('msg_21afc317f001JvUONDMocH1Wg3','ses_de5040235ffen1llTJXjgQ6szv',1795749065087,1795749065870,'{"parentID":"msg_21afc0038001b45P4FCNqfmak3","role":"assistant","mode":"build","agent":"build","path":{"cwd":"/home/ada/project","root":"/"},"cost":0,"tokens":{"total":10,"input":7,"output":3,"reasoning":0,"cache":{"write":0,"read":0}},"modelID":"loopback-1","providerID":"loopback","time":{"created":1795749065087,"completed":1795749065851},"finish":"stop"}');
INSERT INTO "message" VALUES('msg_21afc68ef001uG73b5IPxU4dmh','ses_de5040235ffen1llTJXjgQ6szv',1795749079279,1795749094335,'{"role":"user","time":{"created":1795749079279},"agent":"build","model":{"providerID":"loopback","modelID":"loopback-1"},"summary":{"diffs":[]}}');
INSERT INTO "message" VALUES('msg_21afc8206001Da20IAC0jvqfyP','ses_de5040235ffen1llTJXjgQ6szv',1795749085702,1795749094175,'{"parentID":"msg_21afc68ef001uG73b5IPxU4dmh","role":"assistant","mode":"build","agent":"build","path":{"cwd":"/home/ada/project","root":"/"},"cost":0,"tokens":{"total":10,"input":7,"output":3,"reasoning":0,"cache":{"write":0,"read":0}},"modelID":"loopback-1","providerID":"loopback","time":{"created":1795749085702,"completed":1795749094148},"finish":"tool-calls"}');
INSERT INTO "message" VALUES('msg_21afca376001Soex0LURfoyyKB','ses_de5040235ffen1llTJXjgQ6szv',1795749094262,1795749095286,'{"parentID":"msg_21afc68ef001uG73b5IPxU4dmh","role":"assistant","mode":"build","agent":"build","path":{"cwd":"/home/ada/project","root":"/"},"cost":0,"tokens":{"total":10,"input":7,"output":3,"reasoning":0,"cache":{"write":0,"read":0}},"modelID":"loopback-1","providerID":"loopback","time":{"created":1795749094262,"completed":1795749095285},"finish":"stop"}');
CREATE TABLE `part` (
          `id` text PRIMARY KEY,
          `message_id` text NOT NULL,
          `session_id` text NOT NULL,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          `data` text NOT NULL,
          CONSTRAINT `fk_part_message_id_message_id_fk` FOREIGN KEY (`message_id`) REFERENCES `message`(`id`) ON DELETE CASCADE
        );
INSERT INTO "part" VALUES('prt_21afc004b001L7xYLNWFLgspfp','msg_21afc0038001b45P4FCNqfmak3','ses_de5040235ffen1llTJXjgQ6szv',1795749056666,1795749056678,'{"type":"text","text":"\"Which files are here?\""}');
INSERT INTO "part" VALUES('prt_21afc184b001Bq3bn1jcsDUjbP','msg_21afc112a0014un5cfR7VBV4vu','ses_de5040235ffen1llTJXjgQ6szv',1795749058635,1795749058639,'{"type":"step-start"}');
INSERT INTO "part" VALUES('prt_21afc1888001kYNdkbu5qIuojl','msg_21afc112a0014un5cfR7VBV4vu','ses_de5040235ffen1llTJXjgQ6szv',1795749058697,1795749058741,'{"type":"reasoning","text":"The user wants a list. I look first.","time":{"start":1795749058696,"end":1795749058730}}');
INSERT INTO "part" VALUES('prt_21afc18b7001C1E08rXIRM0F4U','msg_21afc112a0014un5cfR7VBV4vu','ses_de5040235ffen1llTJXjgQ6szv',1795749058743,1795749058987,'{"type":"text","text":"Let me look.","time":{"start":1795749058743,"end":1795749058986}}');
INSERT INTO "part" VALUES('prt_21afc18ed001U7yKs1zq0HVdY7','msg_21afc112a0014un5cfR7VBV4vu','ses_de5040235ffen1llTJXjgQ6szv',1795749058798,1795749064781,'{"type":"tool","tool":"bash","callID":"call_2","state":{"status":"completed","input":{"command":"ls","description":"List"},"output":"notes.txt\nopencode.json\n","metadata":{"output":"notes.txt\nopencode.json\n","exit":0,"truncated":false},"title":"ls","time":{"start":1795749058903,"end":1795749064755}}}');
INSERT INTO "part" VALUES('prt_21afc3085001wx1B5P5JMGSwY6','msg_21afc112a0014un5cfR7VBV4vu','ses_de5040235ffen1llTJXjgQ6szv',1795749064838,1795749064839,'{"reason":"tool-calls","type":"step-finish","tokens":{"total":10,"input":7,"output":3,"reasoning":0,"cache":{"write":0,"read":0}},"cost":0}');
INSERT INTO "part" VALUES('prt_21afc3401001yN3GDufVSASLYB','msg_21afc317f001JvUONDMocH1Wg3','ses_de5040235ffen1llTJXjgQ6szv',1795749065729,1795749065731,'{"type":"step-start"}');
INSERT INTO "part" VALUES('prt_21afc34110012pbU8yg4dwSgJI','msg_21afc317f001JvUONDMocH1Wg3','ses_de5040235ffen1llTJXjgQ6szv',1795749065745,1795749065787,'{"type":"text","text":"I see one file: `notes.txt`.","time":{"start":1795749065745,"end":1795749065785}}');
INSERT INTO "part" VALUES('prt_21afc344b001doacd0q16KLgCj','msg_21afc317f001JvUONDMocH1Wg3','ses_de5040235ffen1llTJXjgQ6szv',1795749065816,1795749065818,'{"reason":"stop","type":"step-finish","tokens":{"total":10,"input":7,"output":3,"reasoning":0,"cache":{"write":0,"read":0}},"cost":0}');
INSERT INTO "part" VALUES('prt_21afc68f2001f7Enx0MjyHYRgP','msg_21afc68ef001uG73b5IPxU4dmh','ses_de5040235ffen1llTJXjgQ6szv',1795749085430,1795749085450,'{"type":"text","text":"\"And how many are they?\""}');
INSERT INTO "part" VALUES('prt_21afc9cf5001RrJzhyBc1lvvQk','msg_21afc8206001Da20IAC0jvqfyP','ses_de5040235ffen1llTJXjgQ6szv',1795749092597,1795749092622,'{"type":"step-start"}');
INSERT INTO "part" VALUES('prt_21afc9d1b0019iKrIX5qkIQQGr','msg_21afc8206001Da20IAC0jvqfyP','ses_de5040235ffen1llTJXjgQ6szv',1795749092635,1795749092687,'{"type":"reasoning","text":"The user wants a list. I look first.","time":{"start":1795749092635,"end":1795749092670}}');
INSERT INTO "part" VALUES('prt_21afc9d66001TBvFc9e4Mo0cku','msg_21afc8206001Da20IAC0jvqfyP','ses_de5040235ffen1llTJXjgQ6szv',1795749092711,1795749093056,'{"type":"text","text":"Let me look.","time":{"start":1795749092710,"end":1795749093036}}');
INSERT INTO "part" VALUES('prt_21afc9da1001uaDely7tAd4k76','msg_21afc8206001Da20IAC0jvqfyP','ses_de5040235ffen1llTJXjgQ6szv',1795749092769,1795749094004,'{"type":"tool","tool":"bash","callID":"call_6","state":{"status":"completed","input":{"command":"ls","description":"List"},"output":"notes.txt\nopencode.json\n","metadata":{"output":"notes.txt\nopencode.json\n","exit":0,"truncated":false},"title":"ls","time":{"start":1795749092898,"end":1795749093991}}}');
INSERT INTO "part" VALUES('prt_21afca27e001IV4Ht1JZVrjwUa','msg_21afc8206001Da20IAC0jvqfyP','ses_de5040235ffen1llTJXjgQ6szv',1795749094015,1795749094018,'{"reason":"tool-calls","type":"step-finish","tokens":{"total":10,"input":7,"output":3,"reasoning":0,"cache":{"write":0,"read":0}},"cost":0}');
INSERT INTO "part" VALUES('prt_21afca4ad001AhB0EYW492F7ys','msg_21afca376001Soex0LURfoyyKB','ses_de5040235ffen1llTJXjgQ6szv',1795749094574,1795749094614,'{"type":"step-start"}');
INSERT INTO "part" VALUES('prt_21afca4fe001jkK9S0s0tbAm3Q','msg_21afca376001Soex0LURfoyyKB','ses_de5040235ffen1llTJXjgQ6szv',1795749094668,1795749095206,'{"type":"text","text":"I see one file: `notes.txt`.","time":{"start":1795749094654,"end":1795749094946}}');
INSERT INTO "part" VALUES('prt_21afca744001P4E0DoQ9qfx5rH','msg_21afca376001Soex0LURfoyyKB','ses_de5040235ffen1llTJXjgQ6szv',1795749095237,1795749095239,'{"reason":"stop","type":"step-finish","tokens":{"total":10,"input":7,"output":3,"reasoning":0,"cache":{"write":0,"read":0}},"cost":0}');
CREATE TABLE `session` (
          `id` text PRIMARY KEY,
          `project_id` text NOT NULL,
          `workspace_id` text,
          `parent_id` text,
          `slug` text NOT NULL,
          `directory` text NOT NULL,
          `path` text,
          `title` text NOT NULL,
          `version` text NOT NULL,
          `share_url` text,
          `summary_additions` integer,
          `summary_deletions` integer,
          `summary_files` integer,
          `summary_diffs` text,
          `metadata` text,
          `cost` real DEFAULT 0 NOT NULL,
          `tokens_input` integer DEFAULT 0 NOT NULL,
          `tokens_output` integer DEFAULT 0 NOT NULL,
          `tokens_reasoning` integer DEFAULT 0 NOT NULL,
          `tokens_cache_read` integer DEFAULT 0 NOT NULL,
          `tokens_cache_write` integer DEFAULT 0 NOT NULL,
          `revert` text,
          `permission` text,
          `agent` text,
          `model` text,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          `time_compacting` integer,
          `time_archived` integer,
          CONSTRAINT `fk_session_project_id_project_id_fk` FOREIGN KEY (`project_id`) REFERENCES `project`(`id`) ON DELETE CASCADE
        );
INSERT INTO "session" VALUES('ses_de5040235ffen1llTJXjgQ6szv','global',NULL,NULL,'calm-garden','/home/ada/project','home/ada/project','Files in a folder','1.18.33',NULL,0,0,0,NULL,NULL,0.0,28,12,0,0,0,NULL,'[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]','build','{"id":"loopback-1","providerID":"loopback","variant":"default"}',1795749051851,1795749095462,NULL,NULL);
