using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Daemon.Api;

/// <summary>Whole numbers of a query string.</summary>
internal static class QueryNumber
{
    /// <summary>False when it is there and is none from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static bool TryRead(IQueryCollection query, string name, long absent, long least, long most, out long value)
    {
        value = absent;
        var text = query[name].ToString();
        return text.Length == 0
            || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most);
    }
}
