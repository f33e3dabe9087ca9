#include "store/index/stop_words.h"

#include <unordered_map>
#include <unordered_set>

#include "base/text.h"

namespace slipway::store {
namespace {

// Words are separated by one space. "being" is missing in English on purpose: it is half of "well-being" and "human
// being".
struct List {
    std::string_view language;
    std::string_view words;
};

constexpr List kLists[] = {
    {"english",
     "a about above after again against all am an and any are aren't as at be because been before below between both "
     "but by "
     "can can't cannot could couldn't did didn't do does doesn't doing don't down during each few for from further had "
     "hadn't "
     "has hasn't have haven't having he he'd he'll he's her here here's hers herself him himself his how how's i i'd "
     "i'll i'm "
     "i've if in into is isn't it it'd it'll it's its itself just let's me more most mustn't my myself no nor not of "
     "off on "
     "once only or other ought our ours ourselves out over own same shan't she she'd she'll she's should shouldn't so "
     "some "
     "such than that that'd that'll that's the their theirs them themselves then there there's these they they'd "
     "they'll "
     "they're they've this those through to too under until up upon us very was wasn't we we'd we'll we're we've were "
     "weren't "
     "what what's when when's where where's which while who who's whom whose why why's will with won't would wouldn't "
     "you "
     "you'd you'll you're you've your yours yourself yourselves "
     "arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt ive mustnt shouldnt thats theyre theyve wasnt weve "
     "werent "
     "whats wont wouldnt youre youve"},
    {"german",
     "aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch auf aus bei "
     "beim bin "
     "bis bist da damit dann das dass dasselbe dein deine deinem deinen deiner dem den denn der des dich die dies "
     "diese diesem "
     "diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines er es etwas euch euer eure für "
     "gegen hab "
     "habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins ist ja "
     "jede "
     "jedem jeden jeder jedes jene jenem jenen jener jenes jetzt kann kein keine keinem keinen keiner können könnte "
     "man manche "
     "mein meine meinem meinen meiner mich mir mit muss musste nach nicht nichts noch nun nur ob oder ohne sehr sein "
     "seine "
     "seinem seinen seiner selbst sich sie sind so solche soll sollte sondern sonst über um und uns unser unsere unter "
     "viel "
     "vom von vor während war waren warst was weg weil weiter welche welchem welchen welcher welches wenn werde werden "
     "wie "
     "wieder will wir wird wirst wo wollen wollte würde würden zu zum zur zwar zwischen"},
    {"french",
     "à ai aie as au aux avait avec avez avoir avons c ce ceci cela ces cet cette ceux comme d dans de des du donc "
     "dont elle "
     "elles en es est et étaient était étant été être eu eux fait ici il ils j je l la le les leur leurs lui m ma mais "
     "me même "
     "mes moi mon n ne ni nos notre nous on ont ou où par pas plus pour pourquoi qu quand que quel quelle quelles "
     "quels qui s "
     "sa sans se ses si soi son sont sur t ta te tes toi ton tu un une vos votre vous y lorsqu puisqu jusqu quoiqu"},
    {"spanish",
     "a al algo algunas algunos ante antes como con contra cual cuando de del desde donde durante e el él ella ellas "
     "ellos en "
     "entre era eran es esa esas ese eso esos esta está estaba están estar este esto estos fue fueron ha había han "
     "hasta hay "
     "la las le les lo los más me mi mí mis mucho muy nada ni no nos nosotros nuestra nuestro o os otra otro para pero "
     "poco "
     "por porque que qué quien quién se ser si sí sin sobre son su sus también te tiene tu tú tus un una uno unos "
     "vosotros y "
     "ya yo"},
    {"italian",
     "a ad agli ai al alla alle allo anche avere aveva c che chi ci coi col come con contro cui d da dagli dai dal "
     "dall dalla "
     "dalle dallo degli dei del dell della delle dello di dove e è ed era erano essere fra gli ha hai hanno ho i il in "
     "io l la "
     "le lei li lo loro lui ma me mi mia mie miei mio ne negli nei nel nell nella nelle nello noi non nostra nostro o "
     "per "
     "perché più quale quando quella quelle quelli quello questa queste questi questo quest s se sei si sia siamo "
     "siete sono "
     "sta su sua sue sugli sui sul sull sulla sulle sullo suo suoi ti tra tu tua tuo tutti tutto un una uno vi voi "
     "vostra "
     "vostro"},
    {"portuguese",
     "a à ao aos aquela aquelas aquele aqueles aquilo as às até com como da das de dela dele deles depois do dos e é "
     "ela elas "
     "ele eles em entre era eram essa essas esse esses esta está estão estar este estes eu foi foram há isso isto já "
     "lhe lhes "
     "mais mas me mesmo meu meus minha minhas muito na não nas nem no nos nós nossa nosso num numa o os ou para pela "
     "pelas "
     "pelo pelos por porque qual quando que quem são se sem ser será seu seus só sua suas também te tem têm teu tu tua "
     "um uma "
     "você vocês vos"},
    {"dutch",
     "aan af al alles als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus een eens en er ge "
     "geen "
     "geweest haar had heb hebben heeft hem het hier hij hoe hun iemand iets ik in is ja je kan kon kunnen maar me "
     "meer men "
     "met mij mijn moet na naar niet niets nog nu of om omdat onder ons ook op over reeds te tegen toch toen tot u uit "
     "uw van "
     "veel voor want waren was wat werd wezen wie wij wil worden wordt zal ze zelf zich zij zijn zo zonder zou"},
    {"swedish",
     "alla allt än är åt att av blev bli blir blivit de dem den denna deras dess dessa det detta dig din dina ditt du "
     "där då "
     "efter ej eller en er era ert ett från för ha hade han hans har henne hennes hon honom hur här i icke ingen inom "
     "inte jag "
     "ju kan kunde man med mellan men mig min mina mitt mot mycket ni nu när någon något några och om oss på så sådan "
     "sådana "
     "sådant samma sedan sig sin sina sitt själv skulle som till under upp ut utan vad var vara varför vars vart vem "
     "vi vid "
     "vilka vilken vilket vår våra vårt"},
    {"norwegian",
     "alle at av bare begge ble bli blir blitt både da de deg dem den denne der dere deres det dette di din disse ditt "
     "du då "
     "eg ei eller en enn er et ett etter for fordi fra før ha hadde han hans har henne hennes her hun hva hvem hver "
     "hvilken "
     "hvis hvor hvordan hvorfor i ikke ingen inn ja jeg kan kom kun kunne man mange med meg mellom men mer min mine "
     "mitt mot "
     "mye ned noe noen nå når og også om opp oss over på samme seg selv si sin sine sitt skal skulle slik som så til "
     "um under "
     "upp ut uten vært vår være var ved vi vil ville vår våre"},
    {"danish",
     "af alle alt anden at blev blive bliver da de dem den denne der deres det dette dig din disse dog du efter eller "
     "en end "
     "er et for fra ham han hans har havde have hende hendes her hos hun hvad hvem hvis hvor hvordan hvorfor i ikke "
     "ind jeg "
     "jer jo kan kunne man mange med meget men mig min mine mit mod ned noget nogle nu når og også om op os over på "
     "selv sig "
     "sin sine sit skal skulle som sådan så thi til ud under var vi vil ville vor være været"},
    {"finnish",
     "ei eivät emme en et että ettei hän häneen hänen häntä he heidän heille heitä itse ja jo johon joka jonka jos "
     "jossa jotka "
     "kanssa kuin kun koska ku me meidän meille mikä minä minua minulle minun mitä mukaan mutta ne niiden niin niitä "
     "noin nyt "
     "olemme olen olet oli olisi olivat olla on ovat poikki sama se sen siinä siitä sinä sinua sinun sitä tai tällä "
     "tämä tämän "
     "tätä te tässä tuo vaan vai vaikka voi"},
    {"russian",
     "а без более бы был была были было быть в вам вас весь во вот все всё всего всех вы где да даже для до его ее её "
     "если "
     "есть еще ещё же за здесь и из или им их к как какая какой ко когда кто ли либо мне может мы на над надо наш не "
     "него нее "
     "неё нет ни них но ну о об однако он она они оно от очень по под после потом потому при про с со так также такой "
     "там те "
     "тем то того тоже той только том ты у уже хотя чего чей чем что чтобы чьё чья эта эти это этого этой этом этот я"},
};

using Words = std::unordered_set<std::string_view>;

const Words* words_of(std::string_view language) {
    static const auto all = [] {
        std::unordered_map<std::string_view, Words> lists;
        for (const auto& list : kLists)
            for (const auto word : split(list.words, ' ')) lists[list.language].insert(word);
        return lists;
    }();
    const auto found = all.find(language);
    return found == all.end() ? nullptr : &found->second;
}

}  // namespace

bool is_stop_word(std::string_view word, std::string_view language) {
    const auto* words = words_of(language);
    return words && words->contains(word);
}

}  // namespace slipway::store
