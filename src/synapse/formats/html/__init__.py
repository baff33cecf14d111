"""HTML: the self-contained page of one session, and the static archive of many.

A page is a file that is sent to people and opened by them from anywhere, so it must be complete,
must ask nothing of any server, and must be harmless whatever the conversation holds:

- Nothing of a conversation becomes markup but what `prose` and `code` write themselves, and all
  text goes through `markup.text`.
- Should that ever fail: the policy in the page's head allows the one style sheet and the one script
  that the page has, by their hashes, and images that are in the page. Nothing else is loaded, run
  or sent anywhere.
- It can be read without the script, which adds search, copying, the theme, and local times.
"""
