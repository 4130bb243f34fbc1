"""The programme room: a plan document becomes targets, tasks, owners and a scoreboard that counts itself."""
