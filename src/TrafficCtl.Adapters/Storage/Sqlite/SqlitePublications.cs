using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Data.Sqlite;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>The table of what was published.</summary>
internal static class SqlitePublications
{
    private const string Columns =
        "seq, service, version, digest, author, author_verified, at, published_from, artifact, commit_id, change, compatibility, "
        + "idempotency_key";

    /// <summary>Inside the caller's transaction.</summary>
    public static PublicationOutcome Publish(SqliteSession session, Publication publication)
    {
        if (publication.IdempotencyKey is { } key && Find(session, "idempotency_key", publication.Service, key) is { } under
            && (under.Version != publication.Version || under.Digest != publication.Digest))
            return new(PublicationAnswer.KeyWasUsed, under);
        if (Find(session, "version", publication.Service, publication.Version) is { } held)
            return new(held.Digest == publication.Digest ? PublicationAnswer.Known : PublicationAnswer.OtherDigest, held);
        var seq = session.Number(
            """
            INSERT INTO publications (service, version, digest, author, author_verified, at, published_from, artifact, commit_id, change,
                compatibility, idempotency_key)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING seq
            """,
            publication.Service, publication.Version, publication.Digest, publication.Author, publication.IsAuthorVerified ? 1 : 0,
            SqliteRows.Time(publication.At), publication.From, publication.Artifact, publication.Commit, publication.Change,
            publication.Compatibility.ToString(), publication.IdempotencyKey);
        return new(PublicationAnswer.Recorded, publication with { Seq = seq });
    }

    public static ImmutableArray<Publication> Of(SqliteSession session, string service) =>
        [.. session.Query($"SELECT {Columns} FROM publications WHERE service = $1 ORDER BY seq", Read, service)];

    private static Publication? Find(SqliteSession session, string column, string service, string value) =>
        session.Query($"SELECT {Columns} FROM publications WHERE service = $1 AND {column} = $2", Read, service, value).FirstOrDefault();

    private static Publication Read(SqliteDataReader row) => new(
        row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetInt64(5) == 1,
        DateTimeOffset.Parse(row.GetString(6), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal), row.GetString(7))
    {
        Seq = row.GetInt64(0),
        Artifact = Text(row, 8),
        Commit = Text(row, 9),
        Change = Text(row, 10),
        Compatibility = Enum.Parse<Compatibility>(row.GetString(11)),
        IdempotencyKey = Text(row, 12),
    };

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
