using Microsoft.AspNetCore.Http;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Access.Verifying;
using TrafficCtl.Daemon.Limits;

namespace TrafficCtl.Daemon.Api;

/// <summary>Verifies whose call a request is, for both protocols.</summary>
internal sealed class Callers(Identities identities, Audit audit)
{
    /// <summary>The calls that change something.</summary>
    private static readonly string[] Changing = ["MakeWish", "Publish", "MakeOrder"];

    /// <param name="context">The context of the request.</param>
    /// <param name="what">The name of the call.</param>
    /// <param name="service">The service that it names; empty where it names none.</param>
    /// <param name="stop">Ends it.</param>
    public async ValueTask<Answer<Caller>> OfAsync(HttpContext context, string what, string service, CancellationToken stop)
    {
        var from = context.Connection.RemoteIpAddress?.ToString() ?? "the admin socket";
        var asked = new AskedCall(what, Changing.Any(call => what.EndsWith(call, StringComparison.Ordinal)), service);
        var verified = await identities.OfAsync(context, asked, stop);
        var (identity, refused, isUnavailable) = verified;
        if (identity is not null) return new Caller(identity, from, CallerKeys.Of(identity, context.Connection.RemoteIpAddress));
        audit.Unknown(what, from, verified.Because is { Length: > 0 } because ? $"{refused} ({because})" : refused!);
        return isUnavailable ? Refusal.NotVerifiable(refused!) : Refusal.Unauthenticated(refused!);
    }

    /// <summary>Who it is as far as this process knows without asking anybody: what limits go by. Null for who is not known so.</summary>
    /// <param name="context">The context of the request.</param>
    /// <param name="mayBeKnown">Somebody else may know: an issuer of tokens, or the cluster.</param>
    public Identity? Near(HttpContext context, out bool mayBeKnown) => identities.Near(context, out mayBeKnown);
}
