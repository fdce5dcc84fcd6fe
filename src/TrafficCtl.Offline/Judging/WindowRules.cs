using TrafficCtl.Core.Routing;

namespace TrafficCtl.Offline.Judging;

/// <summary>The rules between the members of one window.</summary>
internal static class WindowRules
{
    /// <param name="window">As it was read.</param>
    /// <param name="given">A bit for each key of <see cref="KeySet.Window"/> that was there.</param>
    /// <returns>Null, or what is wrong with the window and what to do.</returns>
    public static string? Broken(FileWindow window, int given)
    {
        foreach (var needed in (ReadOnlySpan<int>)[1, 5, 6, 7])
            if ((given & (1 << needed)) == 0) return $"{JsonCursor.Words(KeySet.Window.NameOf(needed))} is missing, add it";
        if (window.Errors > window.Requests)
            return $"errors {window.Errors} are more than requests {window.Requests}, count each request once";
        if (window.RawErrors >= 0 && window.RawErrors < window.Errors)
            return $"rawErrors {window.RawErrors} are fewer than errors {window.Errors}, count every failure of every user";
        if (window.RawErrors > window.Requests)
            return $"rawErrors {window.RawErrors} are more than requests {window.Requests}, count each request once";
        if (BrokenClients(window) is { } clients) return clients;
        if (BrokenTop("topUser", window.TopUser, window.Requests) is { } top) return top;
        if (BrokenTop("topClient", window.TopClient, window.Requests) is { } client) return client;
        if (window.Layout is not null && window.Latency.Sum > window.Requests) return TooMany("", window.Latency.Sum, window.Requests);
        if (BrokenRoutes(window) is { } routes) return routes;
        return window.PlaceboCount == 0 ? null : BrokenPlacebo(window);
    }

    private static string? BrokenTop(string name, TopWindow top, long requests)
    {
        if (top.Requests >= 0 != top.Errors >= 0) return $"{name}{(top.Errors < 0 ? "Errors" : "Requests")} is missing, give both";
        if (top.Errors > top.Requests)
            return $"{name}Errors {top.Errors} are more than {name}Requests {top.Requests}, count each request once";
        return top.Requests > requests
            ? $"{name}Requests {top.Requests} are more than requests {requests}, count those of this window"
            : null;
    }

    private static string? BrokenRoutes(FileWindow window)
    {
        long requests = 0;
        foreach (var route in window.Routes)
        {
            requests += route.Requests;
            if (route.Errors + Math.Max(0, route.ClientErrors) > route.Requests)
                return $"errors and clientErrors of route {route.Name} are more than requests {route.Requests}, count each request once";
            if (route.Latency.Length > 0 && route.Latency.Length != window.Layout?.Count)
                return $"latency.counts of route {route.Name} has {route.Latency.Length}, write as many as the window's latency.counts";
            if (route.Latency.Sum > route.Requests) return TooMany($"route {route.Name} ", route.Latency.Sum, route.Requests);
        }

        return requests <= window.Requests
            ? null
            : $"routes have {requests} requests of {window.Requests}, count each request on one route";
    }

    private static string? BrokenClients(FileWindow window)
    {
        if (window.ClientErrors < 0) return window.RawClientErrors < 0 ? null : "clientErrors is missing, give it where rawClientErrors is";
        if (window.RawClientErrors >= 0 && window.RawClientErrors < window.ClientErrors)
            return $"rawClientErrors {window.RawClientErrors} are fewer than clientErrors {window.ClientErrors}, count every one of every "
                + "user";
        var (errors, all) = (Math.Max(window.Errors, window.RawErrors), Math.Max(window.ClientErrors, window.RawClientErrors));
        return errors + all <= window.Requests
            ? null
            : $"errors {errors} and clientErrors {all} are more than requests {window.Requests}, count each request once";
    }

    private static string? BrokenPlacebo(FileWindow window)
    {
        if (window.Arm != Arm.Stable) return "placebo stands on the candidate, it is a part of stable";
        long requests = 0;
        foreach (var placebo in window.Placebos.AsSpan(0, window.PlaceboCount))
        {
            requests += placebo.Requests;
            if (placebo.Errors > placebo.Requests)
                return $"placebo errors {placebo.Errors} are more than requests {placebo.Requests}, count each request once";
            if (placebo.Latency.Length > 0 && placebo.Latency.Length != window.Layout?.Count)
                return $"placebo latency.counts has {placebo.Latency.Length}, write as many as stable's counts";
            if (placebo.Abandoned.Length > 0 && placebo.Abandoned.Length != window.Layout?.Count)
                return $"placebo latency.abandoned has {placebo.Abandoned.Length}, write as many as stable's counts";
            if (placebo.Latency.Sum > placebo.Requests) return TooMany("placebo ", placebo.Latency.Sum, placebo.Requests);
        }

        return requests <= window.Requests
            ? null
            : $"placebo requests {requests} are more than stable's {window.Requests}, it is a part of stable";
    }

    // Fewer are fine: a request that failed or was given up may have no latency.
    private static string TooMany(string whose, long sum, long requests) =>
        $"{whose}latency counts sum to {sum} of {requests} requests; counts are per bucket, not cumulative: write how many requests were "
            + "between a bound and the one before it";
}
