using System.Net.Http.Headers;

namespace TrafficCtl.Adapters.Metrics;

/// <summary>A bearer token in a file, read for each call, so that a rotated one is used at once.</summary>
internal sealed class BearerFile(string path)
{
    private readonly SmallFile file = new(path);

    public string Path => path;

    /// <exception cref="SmallFileException">There is no token in it that can be sent.</exception>
    public async Task<AuthenticationHeaderValue> ReadAsync(CancellationToken stop)
    {
        var token = (await file.ReadAsync(stop)).Trim();
        if (token.Length == 0) throw new SmallFileException("it is empty");
        // What a header cannot carry would be refused later, by an exception that repeats it.
        if (!token.All(static c => c is > ' ' and <= '~'))
            throw new SmallFileException("it holds more than one token: a token is one line of ASCII characters without blanks");
        return new AuthenticationHeaderValue("Bearer", token);
    }
}
