using System.Globalization;

namespace TrafficCtl.Adapters.Runtimes.Processes;

/// <summary>The TCP sockets of this machine, as <c>/proc/net</c> has them.</summary>
internal static class SocketTable
{
    private const int Established = 1, CloseWait = 8, Listen = 10;

    /// <summary>Connections that came in at a port.</summary>
    public static int CountConnections(int port) => Rows(port).Count(static row => row.State is Established or CloseWait);

    /// <summary>The sockets that listen on a port, as the handles of their process name them.</summary>
    public static IReadOnlyCollection<string> Listeners(int port) =>
        [.. Rows(port).Where(static row => row.State == Listen).Select(static row => $"socket:[{row.Inode}]")];

    private static IEnumerable<(int State, string Inode)> Rows(int port)
    {
        foreach (var table in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
        {
            if (!File.Exists(table)) continue;
            foreach (var row in Read(table, port)) yield return row;
        }
    }

    private static IEnumerable<(int State, string Inode)> Read(string table, int port)
    {
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        foreach (var line in File.ReadLines(table).Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[1].EndsWith(suffix, StringComparison.Ordinal))
                yield return (int.Parse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture), fields[9]);
        }
    }
}
