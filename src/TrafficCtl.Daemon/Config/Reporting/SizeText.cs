using System.Globalization;

namespace TrafficCtl.Daemon.Config.Reporting;

/// <summary>Sizes as the delivery file writes them.</summary>
internal static class SizeText
{
    public static readonly (string Unit, long Bytes)[] Units =
        [("GiB", 1L << 30), ("GB", 1_000_000_000), ("MiB", 1L << 20), ("MB", 1_000_000), ("KiB", 1L << 10), ("KB", 1_000), ("B", 1)];

    public static string Of(long bytes)
    {
        var (unit, size) = bytes == 0 ? Units[^1] : Units.First(u => bytes % u.Bytes == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / size}{unit}");
    }
}
