using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Daemon.Access;

/// <summary>Verifies who sent a request: by a bearer token, by the user at the other end of the Unix socket, or not at all.</summary>
internal sealed class Identities(Tokens tokens)
{
    private const string Scheme = "Bearer ";

    private readonly Identity nobody = Identity.OfNobody with { IsStillGood = () => !tokens.AreNeeded };

    /// <summary>The identity, or why there is none.</summary>
    public (Identity? Identity, string? Refused) Of(HttpContext context)
    {
        var authorization = context.Request.Headers.Authorization;
        if (authorization.Count > 1) return (null, "several Authorization headers were sent");
        if (authorization.ToString() is { Length: > 0 } header)
        {
            if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
                return (null, "the Authorization header is not a bearer token");
            var (identity, refused) = tokens.Verify(header[Scheme.Length..].Trim());
            return identity is null ? (null, $"the token is refused: {refused}") : (identity, null);
        }

        // Others than the daemon's user and root cannot open the socket, unless somebody has changed its mode.
        if (context.Features.Get<PeerCredentials>() is { } peer)
        {
            return peer.User == PeerCredentials.Own || peer.User == 0
                ? (new Identity(peer.Name, "socket", [new Grant(Role.Admin)]), null)
                : (null, $"{peer.Name} is not the user that the daemon runs as: show a token");
        }

        if (!tokens.AreNeeded) return (nobody, null);
        return (null, "tokens are set up here, and none was shown: send \"Authorization: Bearer TOKEN\", or set TRAFFICCTL_TOKEN");
    }
}
