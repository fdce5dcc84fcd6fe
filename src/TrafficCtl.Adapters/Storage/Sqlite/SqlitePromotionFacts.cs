using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>The table of promotion facts: of each service numbered from 1 without a gap.</summary>
internal static class SqlitePromotionFacts
{
    /// <summary>Inside the caller's transaction.</summary>
    /// <exception cref="StalePromotionException">One does not follow the last one; the transaction is to be undone.</exception>
    public static void Append(SqliteSession session, string service, ImmutableArray<PromotionFact> facts)
    {
        var last = session.Number("SELECT coalesce(max(sequence), 0) FROM promotion_facts WHERE service = $1", service);
        foreach (var fact in facts)
        {
            var stamp = fact.Stamp;
            if (stamp.Sequence != last + 1) throw new StalePromotionException(service, stamp.Sequence - 1, last);
            session.Execute(
                "INSERT INTO promotion_facts (service, sequence, at, name, who, why, data) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                service, stamp.Sequence, SqliteRows.Time(stamp.At), PromotionFactJson.NameOf(fact), stamp.Who, stamp.Why,
                PromotionFactJson.Write(fact));
            last = stamp.Sequence;
        }
    }

    /// <exception cref="StoreUnavailableException">One of them is missing, or cannot be read: for this service alone.</exception>
    public static ImmutableArray<PromotionFact> After(SqliteSession session, string service, long after, int limit)
    {
        var facts = session.Query(
            """
            SELECT sequence, at, name, who, why, data FROM promotion_facts WHERE service = $1 AND sequence > $2 ORDER BY sequence LIMIT $3
            """,
            row => Read(row, service), service, after, limit);
        for (var i = 0; i < facts.Count; i++)
            if (facts[i].Stamp.Sequence != after + 1 + i) throw Unusable(service, $"fact {after + 1 + i}", "it is missing", null);
        return [.. facts];
    }

    private static PromotionFact Read(SqliteDataReader row, string service)
    {
        var (sequence, name) = (row.GetInt64(0), row.GetString(2));
        try
        {
            var stamp = new FactStamp(sequence, SqliteRows.Time(row.GetString(1)), row.GetString(3), row.GetString(4));
            return PromotionFactJson.Read(name, stamp, row.GetString(5));
        }
        catch (Exception fault) when (fault is JsonException or FormatException or InvalidCastException)
        {
            throw Unusable(service, $"fact {sequence} ({name})", fault.Message, fault);
        }
    }

    private static StoreUnavailableException Unusable(string service, string fact, string why, Exception? fault) => new(
        $"The store's promotion {fact} of {service} cannot be read by this build: {why.TrimEnd('.')}. Nothing was changed, and {service} "
            + "is promoted no further; start the build that wrote it, or restore the file from a backup.", fault)
    { Only = new TargetKey(service, TargetKey.DefaultEnvironment) };
}
