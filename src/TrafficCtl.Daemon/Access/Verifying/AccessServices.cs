using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Access.Granting;
using TrafficCtl.Daemon.Access.Tls;

namespace TrafficCtl.Daemon.Access.Verifying;

internal static class AccessServices
{
    /// <summary>Adds who may ask for what. Needs Control's views, the clock and logging.</summary>
    /// <param name="services">The services of the process.</param>
    /// <param name="tokens">The file of tokens; null for none.</param>
    /// <param name="mustBe">A person named the file: without it the process does not start.</param>
    /// <param name="grants">The file of grants; null for none.</param>
    /// <param name="tls">TLS of the admin address; null in the clear.</param>
    public static IServiceCollection AddAccess(
        this IServiceCollection services, string? tokens, bool mustBe = false, string? grants = null, AdminTls? tls = null)
    {
        services.AddSingleton(
            s => new Tokens(tokens, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<Tokens>>(), mustBe));
        services.AddHostedService(static s => s.GetRequiredService<Tokens>());
        services.AddSingleton(grants is null ? new GrantFile() : new GrantFile(grants));
        if (grants is not null) services.AddSingleton<IFollowedFile>(static s => s.GetRequiredService<GrantFile>());
        if (tls is not null)
        {
            services.AddSingleton(tls);
            services.AddSingleton<IFollowedFile>(tls);
            if (tls.Authorities is { } authorities) services.AddSingleton<IFollowedFile>(authorities);
        }

        services.AddHostedService<AccessFiles>();
        services.AddSingleton<Identities>();
        services.AddSingleton<Audit>();
        return services;
    }
}
