using System.Collections.Immutable;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>The tables, as numbered steps. A step that was ever released is never edited; a change is a new step at the end.</summary>
internal static class SqliteSchema
{
    private static readonly ImmutableArray<string> Steps =
    [
        """
        PRAGMA application_id = 0x7463746c; -- "tctl"

        CREATE TABLE services (
            service     TEXT NOT NULL,
            environment TEXT NOT NULL,
            last_good   TEXT NOT NULL,
            last_number INTEGER NOT NULL,
            generation  INTEGER NOT NULL,
            tried       TEXT NOT NULL,
            queued      TEXT,
            PRIMARY KEY (service, environment)
        ) WITHOUT ROWID;

        CREATE TABLE rollouts (
            id          TEXT NOT NULL PRIMARY KEY,
            service     TEXT NOT NULL,
            environment TEXT NOT NULL,
            number      INTEGER NOT NULL,
            phase       TEXT NOT NULL,
            final       INTEGER NOT NULL CHECK (final IN (0, 1)),
            state       TEXT NOT NULL,
            UNIQUE (service, environment, number),
            FOREIGN KEY (service, environment) REFERENCES services (service, environment)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX one_active_rollout ON rollouts (service, environment) WHERE final = 0;
        CREATE TRIGGER final_rollouts_stay BEFORE UPDATE ON rollouts WHEN old.final = 1 AND (new.final = 0 OR new.phase <> old.phase)
            BEGIN SELECT RAISE(ABORT, 'a rollout that ended does not go on'); END;
        CREATE TRIGGER rollouts_are_kept BEFORE DELETE ON rollouts
            BEGIN SELECT RAISE(ABORT, 'rollouts are never deleted'); END;

        CREATE TABLE evidence (
            service     TEXT NOT NULL,
            environment TEXT NOT NULL,
            rollout     TEXT NOT NULL REFERENCES rollouts (id),
            data        BLOB NOT NULL,
            PRIMARY KEY (service, environment)
        );

        CREATE TABLE wishes (
            id          INTEGER PRIMARY KEY AUTOINCREMENT,
            service     TEXT NOT NULL,
            environment TEXT NOT NULL,
            kind        TEXT NOT NULL,
            version     TEXT,
            who         TEXT NOT NULL,
            reason      TEXT NOT NULL,
            asked_from  TEXT NOT NULL,
            at          TEXT NOT NULL,
            accepted    INTEGER CHECK (accepted IN (0, 1)),
            answer      TEXT,
            generation  INTEGER
        );
        CREATE INDEX pending_wishes ON wishes (service, environment, id) WHERE accepted IS NULL;
        CREATE TRIGGER wishes_are_answered_once BEFORE UPDATE ON wishes WHEN old.accepted IS NOT NULL
            BEGIN SELECT RAISE(ABORT, 'a wish is answered once'); END;
        CREATE TRIGGER wishes_stay_as_asked BEFORE UPDATE OF id, service, environment, kind, version, who, reason, asked_from, at ON wishes
            BEGIN SELECT RAISE(ABORT, 'a wish stays as it was asked'); END;
        CREATE TRIGGER wishes_are_kept BEFORE DELETE ON wishes
            BEGIN SELECT RAISE(ABORT, 'wishes are never deleted'); END;

        CREATE TABLE facts (
            seq         INTEGER PRIMARY KEY AUTOINCREMENT,
            at          TEXT NOT NULL,
            service     TEXT NOT NULL,
            environment TEXT NOT NULL,
            rollout     TEXT,
            kind        TEXT NOT NULL,
            what        TEXT NOT NULL,
            text        TEXT NOT NULL,
            data        TEXT NOT NULL
        );
        CREATE INDEX facts_of_service ON facts (service, environment, seq);
        CREATE INDEX facts_of_rollout ON facts (rollout, seq) WHERE rollout IS NOT NULL;
        CREATE TRIGGER facts_stay BEFORE UPDATE ON facts
            BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;
        CREATE TRIGGER facts_are_kept BEFORE DELETE ON facts
            BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;
        """,
        """
        ALTER TABLE services ADD COLUMN learnt BLOB;

        CREATE TABLE recordings (
            rollout     TEXT NOT NULL PRIMARY KEY REFERENCES rollouts (id),
            first_at    TEXT NOT NULL,
            last_at     TEXT NOT NULL,
            next        INTEGER NOT NULL,
            loose       INTEGER NOT NULL,
            bytes       INTEGER NOT NULL,
            doomed      INTEGER NOT NULL DEFAULT 0 CHECK (doomed IN (0, 1))
        ) WITHOUT ROWID;
        CREATE INDEX recordings_by_age ON recordings (doomed, last_at);

        CREATE TABLE windows (
            rollout     TEXT NOT NULL REFERENCES recordings (rollout),
            first       INTEGER NOT NULL,
            packed      INTEGER NOT NULL CHECK (packed IN (0, 1)),
            data        BLOB NOT NULL,
            PRIMARY KEY (rollout, first)
        );
        """,
        """
        CREATE TABLE services_new (
            service     TEXT NOT NULL,
            environment TEXT NOT NULL,
            target      TEXT NOT NULL,
            last_good   TEXT NOT NULL,
            last_number INTEGER NOT NULL,
            generation  INTEGER NOT NULL,
            tried       TEXT NOT NULL,
            queued      TEXT,
            learnt      BLOB,
            PRIMARY KEY (service, environment, target)
        ) WITHOUT ROWID;
        INSERT INTO services_new SELECT service, environment, 'default', last_good, last_number, generation, tried, queued, learnt FROM services;
        DROP TABLE services;
        ALTER TABLE services_new RENAME TO services;

        CREATE TABLE rollouts_new (
            id          TEXT NOT NULL PRIMARY KEY,
            service     TEXT NOT NULL,
            environment TEXT NOT NULL,
            target      TEXT NOT NULL,
            number      INTEGER NOT NULL,
            phase       TEXT NOT NULL,
            final       INTEGER NOT NULL CHECK (final IN (0, 1)),
            state       TEXT NOT NULL,
            UNIQUE (service, environment, target, number),
            FOREIGN KEY (service, environment, target) REFERENCES services (service, environment, target)
        ) WITHOUT ROWID;
        INSERT INTO rollouts_new SELECT id, service, environment, 'default', number, phase, final, state FROM rollouts;
        DROP TABLE rollouts;
        ALTER TABLE rollouts_new RENAME TO rollouts;
        CREATE UNIQUE INDEX one_active_rollout ON rollouts (service, environment, target) WHERE final = 0;
        CREATE TRIGGER final_rollouts_stay BEFORE UPDATE ON rollouts WHEN old.final = 1 AND (new.final = 0 OR new.phase <> old.phase)
            BEGIN SELECT RAISE(ABORT, 'a rollout that ended does not go on'); END;
        CREATE TRIGGER rollouts_are_kept BEFORE DELETE ON rollouts
            BEGIN SELECT RAISE(ABORT, 'rollouts are never deleted'); END;

        CREATE TABLE evidence_new (
            service     TEXT NOT NULL,
            environment TEXT NOT NULL,
            target      TEXT NOT NULL,
            rollout     TEXT NOT NULL REFERENCES rollouts (id),
            data        BLOB NOT NULL,
            PRIMARY KEY (service, environment, target)
        );
        INSERT INTO evidence_new SELECT service, environment, 'default', rollout, data FROM evidence;
        DROP TABLE evidence;
        ALTER TABLE evidence_new RENAME TO evidence;

        ALTER TABLE wishes ADD COLUMN target TEXT NOT NULL DEFAULT 'default';
        DROP INDEX pending_wishes;
        CREATE INDEX pending_wishes ON wishes (service, environment, target, id) WHERE accepted IS NULL;
        DROP TRIGGER wishes_stay_as_asked;
        CREATE TRIGGER wishes_stay_as_asked
            BEFORE UPDATE OF id, service, environment, target, kind, version, who, reason, asked_from, at ON wishes
            BEGIN SELECT RAISE(ABORT, 'a wish stays as it was asked'); END;

        ALTER TABLE facts ADD COLUMN target TEXT NOT NULL DEFAULT 'default';
        DROP INDEX facts_of_service;
        CREATE INDEX facts_of_target ON facts (service, environment, target, seq);
        """,
        """
        ALTER TABLE wishes ADD COLUMN idempotency_key TEXT;
        ALTER TABLE wishes ADD COLUMN expected INTEGER;
        DROP TRIGGER wishes_stay_as_asked;
        CREATE TRIGGER wishes_stay_as_asked
            BEFORE UPDATE OF id, service, environment, target, kind, version, who, reason, asked_from, at, idempotency_key, expected ON wishes
            BEGIN SELECT RAISE(ABORT, 'a wish stays as it was asked'); END;
        """,
        """
        ALTER TABLE wishes ADD COLUMN gate TEXT;
        ALTER TABLE wishes ADD COLUMN rollout TEXT;
        ALTER TABLE wishes ADD COLUMN asked_as TEXT;
        CREATE TRIGGER votes_stay_as_given BEFORE UPDATE OF gate, rollout, asked_as ON wishes
            BEGIN SELECT RAISE(ABORT, 'a wish stays as it was asked'); END;
        """,
        """
        CREATE TABLE evidence_deltas (
            service     TEXT NOT NULL,
            environment TEXT NOT NULL,
            target      TEXT NOT NULL,
            rollout     TEXT NOT NULL REFERENCES rollouts (id),
            data        BLOB NOT NULL,
            PRIMARY KEY (service, environment, target)
        );
        """,
        """
        CREATE TABLE publications (
            seq             INTEGER PRIMARY KEY AUTOINCREMENT,
            service         TEXT NOT NULL,
            version         TEXT NOT NULL,
            digest          TEXT NOT NULL,
            author          TEXT NOT NULL,
            author_verified INTEGER NOT NULL CHECK (author_verified IN (0, 1)),
            at              TEXT NOT NULL,
            published_from  TEXT NOT NULL,
            artifact        TEXT,
            commit_id       TEXT,
            change          TEXT,
            compatibility   TEXT NOT NULL,
            idempotency_key TEXT,
            UNIQUE (service, version)
        );
        CREATE UNIQUE INDEX publications_by_key ON publications (service, idempotency_key) WHERE idempotency_key IS NOT NULL;
        CREATE TRIGGER publications_stay BEFORE UPDATE ON publications
            BEGIN SELECT RAISE(ABORT, 'what was published never changes'); END;
        CREATE TRIGGER publications_are_kept BEFORE DELETE ON publications
            BEGIN SELECT RAISE(ABORT, 'publications are never deleted'); END;
        """,
        """
        CREATE TABLE promotion_facts (
            service     TEXT NOT NULL,
            sequence    INTEGER NOT NULL CHECK (sequence > 0),
            at          TEXT NOT NULL,
            name        TEXT NOT NULL,
            who         TEXT NOT NULL,
            why         TEXT NOT NULL,
            data        TEXT NOT NULL,
            PRIMARY KEY (service, sequence)
        ) WITHOUT ROWID;
        CREATE TRIGGER promotion_facts_stay BEFORE UPDATE ON promotion_facts
            BEGIN SELECT RAISE(ABORT, 'promotion facts are append-only'); END;
        CREATE TRIGGER promotion_facts_are_kept BEFORE DELETE ON promotion_facts
            BEGIN SELECT RAISE(ABORT, 'promotion facts are append-only'); END;
        """,
    ];

    public static int Newest => Steps.Length;

    /// <summary>The first version whose rows name a target.</summary>
    public const int WithTargets = 3;

    /// <summary>The first version that keeps recorded windows.</summary>
    public const int WithWindows = 2;

    /// <summary>Brings the file up to <see cref="Newest"/>, each step in its own transaction.</summary>
    /// <exception cref="StoreUnavailableException">The file is a newer build's, or another program's.</exception>
    public static void Migrate(SqliteSession session, string path)
    {
        Check(session, path);
        if (Version(session) >= Newest) return;
        // A table that others refer to is made anew under its own name, which SQLite allows only so; no transaction can change it.
        session.Run("PRAGMA foreign_keys = OFF;");
        try
        {
            for (var step = Version(session); step < Newest; step++)
            {
                session.InTransaction(() =>
                {
                    session.Run(Steps[step]);
                    CheckReferences(session, path);
                    session.Run($"PRAGMA user_version = {step + 1};");
                });
            }
        }
        finally
        {
            session.Run("PRAGMA foreign_keys = ON;");
        }
    }

    private static void CheckReferences(SqliteSession session, string path)
    {
        if (session.Query("PRAGMA foreign_key_check", static row => row.GetString(0)) is [var table, ..])
        {
            throw new StoreUnavailableException(
                $"The store {path} is damaged: rows of {table} refer to others that are gone. It was not brought up to this build, "
                + "and nothing was changed; restore it from a backup.");
        }
    }

    public static int Version(SqliteSession session) => (int)session.Number("PRAGMA user_version");

    /// <summary>Refuses the file of a newer build, and another program's.</summary>
    /// <exception cref="StoreUnavailableException">It is one.</exception>
    public static void Check(SqliteSession session, string path)
    {
        var version = Version(session);
        if (version > Newest)
        {
            throw new StoreUnavailableException(
                $"The store {path} was written by a newer trafficctl (schema {version}; this build knows up to {Newest}). Nothing was "
                    + "changed; start the newer build, or name another directory with --data-dir.")
            { IsForeign = true };
        }

        if (version == 0 && session.Number("SELECT count(*) FROM sqlite_master") > 0)
        {
            throw new StoreUnavailableException(
                $"{path} is a database of another program. Nothing was changed; move it away, or name another directory with --data-dir.")
            { IsForeign = true };
        }
    }
}
