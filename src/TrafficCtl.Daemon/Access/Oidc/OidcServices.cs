using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Daemon.Access.Oidc;

internal static class OidcServices
{
    /// <summary>Adds the tokens of an OIDC issuer to those that say who asks.</summary>
    /// <remarks>
    /// The scheme is not registered: the host would then ask it before every route, whoever is to answer. The bearer asks the handler.
    /// </remarks>
    public static IServiceCollection AddOidc(this IServiceCollection services, OidcOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(_ => new OidcFetch(options.Issuer));
        services.AddSingleton<OidcKeys>();
        services.AddOptions<JwtBearerOptions>(OidcBearer.SchemeName)
            .Configure<OidcKeys, TimeProvider>((handler, keys, clock) => OidcBearer.Configure(handler, options, keys, clock));
        services.AddSingleton<IBearer, OidcBearer>();
        return services;
    }
}
