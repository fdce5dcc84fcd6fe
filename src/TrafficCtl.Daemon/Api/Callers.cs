using Microsoft.AspNetCore.Http;
using TrafficCtl.Daemon.Access;

namespace TrafficCtl.Daemon.Api;

/// <summary>Verifies whose call a request is, for both protocols.</summary>
internal sealed class Callers(Identities identities, Audit audit)
{
    /// <param name="context">The context of the request.</param>
    /// <param name="what">What it asks for, for the log: the name of the call.</param>
    public Answer<Caller> Of(HttpContext context, string what)
    {
        var from = context.Connection.RemoteIpAddress?.ToString() ?? "the admin socket";
        var (identity, refused) = identities.Of(context);
        if (identity is not null) return new Caller(identity, from);
        audit.Unknown(what, from, refused!);
        return Refusal.Unauthenticated(refused!);
    }
}
