namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <param name="BusyTimeout">How long a statement waits for a lock that another process holds.</param>
/// <param name="MaxPages">The size that the file may reach, in pages of 4 KiB; null for no limit but the disk's.</param>
internal sealed record SqliteSettings(TimeSpan BusyTimeout, int? MaxPages)
{
    public static readonly SqliteSettings Default = new(TimeSpan.FromSeconds(2), null);
}
