using System.Collections.Immutable;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using TrafficCtl.Core.Texts;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Daemon.Access.Oidc;

/// <summary>Verifies the tokens of an OIDC issuer. What they may do, the file of grants says.</summary>
internal sealed class OidcBearer(
    OidcOptions options, OidcKeys keys, IOptionsMonitor<JwtBearerOptions> settings, ILoggerFactory loggers, TimeProvider clock) : IBearer
{
    public const string SchemeName = "oidc";

    /// <summary>How far the clocks of the issuer and of this machine may be apart.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    private const int MostGroups = 1000;

    private static readonly AuthenticationScheme Scheme = new(SchemeName, null, typeof(JwtBearerHandler));

    /// <summary>Signatures by a key that only the issuer has: neither none nor a shared secret.</summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>How the handler verifies.</summary>
    public static void Configure(JwtBearerOptions handler, OidcOptions options, OidcKeys keys, TimeProvider clock)
    {
        handler.ConfigurationManager = keys;
        handler.RefreshOnIssuerKeyNotFound = false;
        handler.MapInboundClaims = false;
        handler.SaveToken = false;
        handler.TimeProvider = clock;
        handler.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = options.Issuer,
            ValidAudience = options.Audience,
            ValidAlgorithms = Algorithms,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ClockSkew = Skew,
            LifetimeValidator = (from, until, _, _) => LifeProblem(from, until, clock.GetUtcNow()) is null,
            NameClaimType = options.UserClaim,
        };
    }

    public async ValueTask<Verified?> VerifyAsync(BearerCall call, CancellationToken stop)
    {
        if (Read(call.Token) is not { } token || token.Issuer != options.Issuer) return null;
        var (inForce, trouble) = await keys.ReadAsync(token.Kid ?? "", stop);
        if (inForce is null) return Verified.Unknown($"the keys of {options.Issuer} cannot be read now: {trouble}");
        var handler = new JwtBearerHandler(settings, loggers, UrlEncoder.Default);
        await handler.InitializeAsync(Scheme, call.Context);
        var result = await handler.AuthenticateAsync();
        return result is { Succeeded: true, Principal: { } user } ? IdentityOf(user, token) : Verified.No(WhyNot(result.Failure, token));
    }

    private Verified IdentityOf(ClaimsPrincipal user, JsonWebToken token)
    {
        var named = user.FindAll(options.UserClaim).Select(static claim => claim.Value).ToImmutableArray();
        if (named is not [{ Length: > 0 and <= GrantSubject.LongestName } name] || !Printable.IsPrintable(name))
            return Verified.No(
                $"its claim {options.UserClaim} does not name one user in at most {GrantSubject.LongestName} printable characters");
        // Who may choose his own address at the issuer could else be anybody.
        if (options.UserClaim == "email" && user.FindFirst("email_verified") is { Value: not ("true" or "True") })
            return Verified.No("its claim email_verified says that the address was not verified");
        var until = token.ValidTo + Skew;
        var groups = user.FindAll(options.GroupsClaim).Take(MostGroups).Select(static group => group.Value).ToImmutableArray();
        return new Identity(name, "oidc", [])
        {
            Groups = GroupNames.Of(groups),
            Subjects =
            [
                new GrantSubject(SubjectKind.OidcUser, name),
                .. groups.Select(static group => new GrantSubject(SubjectKind.OidcGroup, group)),
            ],
            IsStillGood = () => clock.GetUtcNow().UtcDateTime < until,
        };
    }

    private string WhyNot(Exception? fault, JsonWebToken token) => fault switch
    {
        SecurityTokenInvalidLifetimeException =>
            LifeProblem(DateOrNull(token.ValidFrom), DateOrNull(token.ValidTo), clock.GetUtcNow()) ?? "its lifetime is wrong",
        SecurityTokenInvalidAudienceException => $"it is not for {options.Audience} (aud)",
        SecurityTokenInvalidIssuerException => "it is of another issuer (iss)",
        SecurityTokenSignatureKeyNotFoundException => "it is signed by a key that its issuer does not have",
        SecurityTokenInvalidSignatureException or SecurityTokenInvalidAlgorithmException => "its signature is not its issuer's",
        _ => "it is no valid token of its issuer",
    };

    private static string? LifeProblem(DateTime? from, DateTime? until, DateTimeOffset now)
    {
        if (until is not { } end) return "it has no end (exp)";
        if (now.UtcDateTime >= end + Skew) return "it has expired";
        return from is { } begin && now.UtcDateTime < begin - Skew ? "it is not valid yet" : null;
    }

    private static DateTime? DateOrNull(DateTime date) => date == DateTime.MinValue ? null : date;

    /// <summary>Null when it is no JWT.</summary>
    private static JsonWebToken? Read(string text)
    {
        try
        {
            return text.Count(static c => c == '.') == 2 ? new JsonWebToken(text) : null;
        }
        catch (Exception malformed) when (malformed is ArgumentException or SecurityTokenException or FormatException)
        {
            return null;
        }
    }
}
