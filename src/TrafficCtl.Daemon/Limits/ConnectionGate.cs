using System.Net;
using Microsoft.AspNetCore.Connections;

namespace TrafficCtl.Daemon.Limits;

/// <summary>
/// How many connections a listener takes. Beyond that some are taken for a short time, so that an abort and a probe still get through.
/// </summary>
internal sealed class ConnectionGate(AdminLimits limits, LimitCounts counts, int mostOfAddress)
{
    private readonly SharedPlaces places = new(limits.Connections, mostOfAddress);
    private readonly Turnover reserve = new(limits.ReservedConnections);

    /// <summary>Open, without those of the reserve.</summary>
    public int Open => places.Taken;

    public ConnectionDelegate Wrap(ConnectionDelegate next) => async connection =>
    {
        var who = CallerKeys.Of((connection.RemoteEndPoint as IPEndPoint)?.Address);
        if (places.TryEnter(who) is null)
        {
            try
            {
                await next(connection);
            }
            finally
            {
                places.Leave(who);
            }

            return;
        }

        counts.Count(LimitKind.Connections, who);
        using var place = reserve.Enter(() => Close(connection));
        if (place is null)
        {
            Close(connection);
            return;
        }

        // In real time: the connection is real, whatever the clock of the process says.
        await using var end = TimeProvider.System.CreateTimer(_ => Close(connection), null, limits.ReservedFor, Timeout.InfiniteTimeSpan);
        connection.Features.Set(new ReservedConnection(place));
        await next(connection);
    };

    private static void Close(ConnectionContext connection) =>
        connection.Abort(new ConnectionAbortedException("Too many connections."));
}

/// <summary>Stands on a connection beyond the limit: it answers little, and not for long.</summary>
internal sealed record ReservedConnection(Turnover.Place Place);
