using System.Net;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Daemon.Api;

/// <summary>What is open to everybody on this machine is not to other machines, once the admin address can be reached from there.</summary>
internal static class OtherMachines
{
    /// <summary>The request comes from one. What a Unix socket brings has no address.</summary>
    public static bool Ask(HttpContext context) => context.Connection.RemoteIpAddress is { } from && !IPAddress.IsLoopback(from);

    /// <summary>
    /// Why the caller may not have what tells of every service; null when it may, as everybody on this machine may where nobody has to show
    /// who it is.
    /// </summary>
    /// <param name="context">The context of the request.</param>
    /// <param name="callers">Null where nobody can be known.</param>
    /// <param name="what">What it asks for.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<Refusal?> RefuseAsync(HttpContext context, Callers? callers, string what, CancellationToken stop)
    {
        if (callers is null) return Ask(context) ? Refusal.Unauthenticated($"{what} is for this machine") : null;
        var (caller, unknown) = await callers.OfAsync(context, what, "", stop);
        if (caller is null) return unknown;
        return caller.Identity.SeesAll
            ? null
            : Refusal.Forbidden($"{what} tells of every service, so it is for who may read all of them; --probes has it without names");
    }
}
