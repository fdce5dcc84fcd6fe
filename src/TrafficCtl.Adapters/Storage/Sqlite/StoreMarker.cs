using System.Text;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>A small file beside the store that says that there is one: without its store it says that the store was lost.</summary>
internal static partial class StoreMarker
{
    public static string PathOf(string store) => store + ".created";

    /// <summary>A store was begun here once.</summary>
    public static bool Exists(string store) => FileStatus.Of(PathOf(store)).Kind != FileKind.Missing;

    /// <summary>Left once there is a store; a failure is reported, not thrown: the store itself works.</summary>
    public static void Leave(string store, DateTimeOffset now, ILogger log)
    {
        try
        {
            if (Exists(store)) return;
            using var file = PrivateFile.Open(PathOf(store), FileMode.Create, FileAccess.Write, FileShare.Read);
            file.Write(Encoding.UTF8.GetBytes(
                $"{InstantText.Of(now)}: a store was begun here. Without {Path.GetFileName(store)} beside it, this file says "
                + "that the store was lost.\n"));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            LogNotLeft(log, PathOf(store), fault.Message);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Path} cannot be written ({Why}): if the store is lost, the next start will take the directory for a new one")]
    private static partial void LogNotLeft(ILogger log, string path, string why);
}
