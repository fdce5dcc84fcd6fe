using System.Text;

namespace TrafficCtl.Offline.Judging;

/// <summary>
/// The routes of a window: <c>[{"name":"/orders/*","requests":100,"errors":1,"clientErrors":2,"latency":{"counts":[…]}}]</c>.
/// </summary>
internal static class FileRouteReader
{
    private const int MostName = 300;

    public static bool Read(ref JsonCursor from, FileWindow window)
    {
        if (!from.Needs('[')) return false;
        if (from.Takes(']')) return true;
        do
        {
            if (window.RouteCount == FileWindow.MostRoutes)
                return from.Fail($"routes has more than {FileWindow.MostRoutes}, join those with least requests as \"(rest)\"");
            if (!ReadOne(ref from, window.NextRoute())) return false;
        }
        while (from.Next(']'));
        return from.Problem is null;
    }

    private static bool ReadOne(ref JsonCursor from, FileRoute route)
    {
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        var (requests, errors, clientErrors) = (0L, 0L, -1L);
        do
        {
            if (!KeySet.Route.Read(ref from, ref key, ref given)) return false;
            var isRead = key switch
            {
                0 => ReadName(ref from, route),
                1 => from.Count("routes.requests"u8, WindowReader.MostRequests, out requests),
                2 => from.Count("routes.errors"u8, WindowReader.MostRequests, out errors),
                3 => from.TakesNull() || from.Count("routes.clientErrors"u8, WindowReader.MostRequests, out clientErrors),
                _ => from.TakesNull() || ReadLatency(ref from, route),
            };
            if (!isRead) return false;
        }
        while (from.Next('}'));
        (route.Requests, route.Errors, route.ClientErrors) = (requests, errors, clientErrors);
        if (from.Problem is not null) return false;
        for (var needed = 0; needed < 3; needed++)
        {
            if ((given & (1 << needed)) == 0)
                return from.Fail($"routes.{JsonCursor.Words(KeySet.Route.NameOf(needed))} is missing, add it");
        }

        return true;
    }

    private static bool ReadName(ref JsonCursor from, FileRoute route)
    {
        if (!from.Text("routes.name"u8, out var name)) return false;
        if (name.Length is 0 or > MostName) return from.Fail($"routes.name has {name.Length} bytes, write 1 to {MostName}");
        if (!name.SequenceEqual(Encoding.UTF8.GetBytes(route.Name))) route.Name = Encoding.UTF8.GetString(name);
        return true;
    }

    private static bool ReadLatency(ref JsonCursor from, FileRoute route)
    {
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        do
        {
            if (!KeySet.RouteLatency.Read(ref from, ref key, ref given)) return false;
            if (!BucketReader.Read(ref from, route.Latency, "routes latency.counts"u8)) return false;
        }
        while (from.Next('}'));
        return from.Problem is null;
    }
}
