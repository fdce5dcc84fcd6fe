using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Daemon.Access.Granting;
using TrafficCtl.Daemon.Access.Tls;

namespace TrafficCtl.Daemon.Access.Verifying;

/// <summary>
/// Verifies who sent a request: by a bearer token, by the user at the other end of the Unix socket, by a client certificate, or not at all.
/// </summary>
internal sealed class Identities(
    Tokens tokens, GrantFile grants, IEnumerable<IBearer> bearers, TimeProvider clock, AdminTls? tls = null)
{
    private const string Scheme = "Bearer ";

    private readonly ImmutableArray<IBearer> others = [.. bearers];

    /// <summary>Identity is set up: who has none may do nothing.</summary>
    public bool AreNeeded => tokens.AreNeeded || tls?.Authorities is not null || !others.IsEmpty;

    /// <summary>The identity with all its grants, or why there is none.</summary>
    public async ValueTask<Verified> OfAsync(HttpContext context, AskedCall asked, CancellationToken stop)
    {
        var verified = await VerifyAsync(context, asked, stop);
        return verified.Identity is { } identity ? grants.Give(identity) : verified;
    }

    /// <summary>Who it is as far as this process knows without asking anybody: what limits go by. Null for who is not known so.</summary>
    /// <param name="context">The context of the request.</param>
    /// <param name="mayBeKnown">Somebody else may know: an issuer of tokens, or the cluster.</param>
    public Identity? Near(HttpContext context, out bool mayBeKnown)
    {
        mayBeKnown = false;
        if (context.Request.Headers.Authorization.ToString() is { Length: > 0 } header)
        {
            var text = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : "";
            mayBeKnown = !others.IsEmpty && text.Length > 0 && !text.StartsWith(Token.Prefix, StringComparison.Ordinal);
            return mayBeKnown ? null : tokens.Verify(text).Identity;
        }

        if (context.Features.Get<PeerCredentials>() is { } peer)
            return peer.User == PeerCredentials.Own || peer.User == 0 ? new Identity(peer.Name, "socket", []) : null;
        if (context.Features.Get<ShownCertificate>() is { } shown)
            return shown.Verify(clock.GetUtcNow()).Name is { } name ? new Identity(name, "certificate", []) : null;
        return AreNeeded ? null : Identity.OfNobody;
    }

    private async ValueTask<Verified> VerifyAsync(HttpContext context, AskedCall asked, CancellationToken stop)
    {
        var authorization = context.Request.Headers.Authorization;
        if (authorization.Count > 1) return Verified.No("several Authorization headers were sent");
        if (authorization.ToString() is { Length: > 0 } header)
        {
            if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
                return Verified.No("the Authorization header is not a bearer token");
            var verified = await OfTokenAsync(new BearerCall(context, header[Scheme.Length..].Trim(), asked), stop);
            return verified.Refused is { } refused && !verified.IsUnavailable ? Verified.No($"the token is refused: {refused}") : verified;
        }

        // Others than the daemon's user and root cannot open the socket, unless somebody has changed its mode.
        if (context.Features.Get<PeerCredentials>() is { } peer)
        {
            return peer.User == PeerCredentials.Own || peer.User == 0
                ? new Identity(peer.Name, "socket", [new Grant(Role.Admin)])
                : Verified.No($"{peer.Name} is not the user that the daemon runs as: show a token");
        }

        if (context.Features.Get<ShownCertificate>() is { } shown) return OfCertificate(shown);
        if (!AreNeeded) return Identity.OfNobody with { IsStillGood = () => !AreNeeded };
        var orElse = tls?.Authorities is null ? "" : ", or show a client certificate";
        return Verified.No(
            "this API asks who is there, and nothing was shown: send \"Authorization: Bearer TOKEN\", or set "
            + $"TRAFFICCTL_TOKEN{orElse}");
    }

    private async ValueTask<Verified> OfTokenAsync(BearerCall call, CancellationToken stop)
    {
        if (!call.Token.StartsWith(Token.Prefix, StringComparison.Ordinal))
        {
            foreach (var bearer in others)
                if (await bearer.VerifyAsync(call, stop) is { } answer) return answer;
        }

        var (identity, refused) = tokens.Verify(call.Token);
        return identity is null
            ? Verified.No(refused!)
            : identity with { Subjects = [new GrantSubject(SubjectKind.Token, identity.Name!)] };
    }

    private Verified OfCertificate(ShownCertificate shown)
    {
        var (name, refused) = shown.Verify(clock.GetUtcNow());
        if (name is null) return Verified.No($"the client certificate {refused}");
        return new Identity(name, "certificate", [])
        {
            Subjects = [new GrantSubject(SubjectKind.Certificate, name)],
            IsStillGood = () => shown.Verify(clock.GetUtcNow()).Name == name,
        };
    }
}
