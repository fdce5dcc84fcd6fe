using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>Between rows and records. Times are ISO 8601 in UTC, so that they sort and read as text.</summary>
internal static class SqliteRows
{
    private const string Times = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString(Times, CultureInfo.InvariantCulture);

    /// <exception cref="FormatException">It is not written so.</exception>
    public static DateTimeOffset Time(string text) =>
        DateTimeOffset.ParseExact(
            text, Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    public static ServiceRecord Record(SqliteDataReader row, TargetKey key)
    {
        try
        {
            return new ServiceRecord(
                key, row.GetString(0), checked((int)Number(row, 1)), Number(row, 2), RolloutJson.ReadTried(row.GetString(3)),
                row.IsDBNull(4) ? null : RolloutJson.ReadState(row.GetString(4)),
                row.IsDBNull(5) ? default : row.GetFieldValue<byte[]>(5),
                row.IsDBNull(6) ? null : row.GetString(6))
            {
                Recorded = Number(row, 7),
                Learnt = row.IsDBNull(8) ? default : row.GetFieldValue<byte[]>(8),
                Delta = row.IsDBNull(9) ? default : row.GetFieldValue<byte[]>(9),
            };
        }
        catch (Exception fault) when (IsUnreadable(fault))
        {
            throw new StoreUnavailableException(
                $"The store's record of {key} cannot be read by this build ({fault.Message}). Nothing was changed; start the build that "
                    + "wrote it, or restore the file.", fault)
            { Only = key };
        }
    }

    public static Wish Wish(SqliteDataReader row, TargetKey key) => new(
        row.GetInt64(0), key, KindOf(row.GetString(1), key),
        row.IsDBNull(2) ? null : row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), Time(row.GetString(6)))
    {
        IdempotencyKey = row.IsDBNull(7) ? null : row.GetString(7),
        ExpectedGeneration = row.IsDBNull(8) ? null : row.GetInt64(8),
        Vote = row.IsDBNull(9) ? null : new Vote(row.GetString(9), row.GetString(10), row.GetString(11)),
    };

    public static RecordedRollout Recording(SqliteDataReader row)
    {
        try
        {
            return new RecordedRollout(
                RolloutJson.ReadState(row.GetString(0)), Time(row.GetString(1)), Time(row.GetString(2)), row.GetInt64(3), row.GetInt64(4));
        }
        catch (JsonException fault)
        {
            throw new StoreUnavailableException(
                $"The store holds a rollout that this build cannot read ({fault.Message}). Nothing was changed; use the build that "
                    + "wrote it.", fault);
        }
    }

    public static Fact Fact(SqliteDataReader row, TargetKey key) => new(
        row.GetInt64(0), Time(row.GetString(1)), key, row.IsDBNull(2) ? null : row.GetString(2),
        row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6));

    /// <summary>A column of another type than this build writes, or text that it does not.</summary>
    private static bool IsUnreadable(Exception fault) =>
        fault is JsonException or InvalidCastException or FormatException or ArgumentException or OverflowException;

    /// <summary>The library reads a text or a fraction in a column of numbers as some number, often 0.</summary>
    private static long Number(SqliteDataReader row, int column) => row.GetValue(column) is long number
        ? number
        : throw new FormatException($"{row.GetName(column)} is no whole number");

    private static WishKind KindOf(string name, TargetKey key) => Enum.TryParse<WishKind>(name, out var kind)
        ? kind
        : throw new StoreUnavailableException(
            $"The store holds a wish '{name}' for {key} that this build does not know. Nothing was changed; start the build that "
                + "recorded it.");
}
