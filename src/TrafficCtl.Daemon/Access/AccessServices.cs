using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TrafficCtl.Daemon.Access;

internal static class AccessServices
{
    /// <summary>Adds who may ask for what.</summary>
    /// <param name="services">The services of the process.</param>
    /// <param name="tokens">The file of tokens; null for none.</param>
    /// <param name="mustBe">A person named the file: without it the process does not start.</param>
    public static IServiceCollection AddAccess(this IServiceCollection services, string? tokens, bool mustBe = false)
    {
        services.AddSingleton(
            s => new Tokens(tokens, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<Tokens>>(), mustBe));
        services.AddHostedService(static s => s.GetRequiredService<Tokens>());
        services.AddSingleton<Identities>();
        services.AddSingleton<Audit>();
        return services;
    }
}
