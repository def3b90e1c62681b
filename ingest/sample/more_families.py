"""The rest of the sample shop: tops, bottoms, shoes, bags and accessories."""

from typing import Final

from ingest.sample import accessories, bags, bottoms, shoes, tops
from ingest.sample.families import DRESSES, JUMPSUITS, MATERNITY, WORKWEAR, Family

_HOODIES = "hoodies/sweatshirts"
HOODIES: Final = [
    Family(_HOODIES, "hoodie", tops.hoodie, "navy, grey, black, red, pink, mint, purple", sleeve="long",
           gender="unisex", price=44.9),
    Family(_HOODIES, "zip hoodie", tops.hoodie, "navy, grey, black, red, blue", style="zip", sleeve="long",
           gender="unisex", price=49.9),
    Family(_HOODIES, "fleece zip hoodie", tops.hoodie, "navy, black, green, red", style="zip", sleeve="long", gender="men",
           price=54.9),
    Family(_HOODIES, "oversized zip hoodie", tops.hoodie, "navy, black, red, burgundy", style="zip", sleeve="long", price=52.9),
    Family(_HOODIES, "crew-neck sweatshirt", tops.sweatshirt, "grey, navy, black, burgundy, yellow, lavender",
           sleeve="long", gender="unisex", price=39.9),
    Family(_HOODIES, "half-zip sweatshirt", tops.sweatshirt, "grey, navy, black, red", style="half-zip", sleeve="long",
           gender="men", price=46.9),
    Family(_HOODIES, "raglan sweatshirt", tops.sweatshirt, "grey, navy, red, black", style="raglan", sleeve="long",
           price=42.9),
]

TOPS: Final = [
    Family("t-shirts", "crew-neck t-shirt", tops.t_shirt, "white, black, red, yellow, green, orange", "",
           "navy, red, black, green", polka_dot="white", sleeve="short", gender="unisex", price=17.9),
    Family("t-shirts", "v-neck t-shirt", tops.t_shirt, "white, black, turquoise, yellow", style="v-neck", sleeve="short",
           price=15.9),
    Family("t-shirts", "long-sleeved t-shirt", tops.t_shirt, "white, black", "", "navy", sleeve="long", price=21.9),
    Family("t-shirts", "polo shirt", tops.polo, "white, navy, black", sleeve="short", gender="men", price=29.9),
    Family("shirts", "oxford shirt", tops.shirt, "white, light blue, pink", "", "light blue, white", "red, navy, green",
           sleeve="long", gender="men", price=39.9, print_style=2, weave="canvas"),
    Family("shirts", "chambray shirt", tops.shirt, "light blue, blue", sleeve="long", price=44.9, weave="denim"),
    Family("shirts", "linen shirt", tops.shirt, "white, beige, light blue", sleeve="long", price=49.9, weave="canvas"),
    Family("shirts", "short-sleeved shirt", tops.shirt, "white, light blue", "teal, navy", "", "blue, black", "white",
           sleeve="short", gender="men", price=34.9),
    Family("sweaters", "knitted sweater", tops.sweater, "burgundy, beige, grey, navy", "", "navy, beige", sleeve="long",
           weave="knit", price=54.9),
    Family("sweaters", "roll-neck sweater", tops.sweater, "beige, black, burgundy, orange", "", "beige",
           style="roll-neck", sleeve="long", weave="knit", price=59.9),
    Family("sweaters", "cardigan", tops.sweater, "beige, grey, navy, pink", style="cardigan", sleeve="long",
           weave="knit", price=57.9),
    Family("jackets", "denim jacket", tops.jacket, "blue, light blue, black, navy", style="denim", sleeve="long",
           weave="denim", price=69.9),
    Family("jackets", "tailored blazer", tops.jacket, "black, navy, grey, beige", style="blazer", sleeve="long",
           price=109.0),
    Family("jackets", "quilted puffer jacket", tops.jacket, "black, orange, green, red", style="puffer", sleeve="long",
           gender="unisex", price=94.9),
]

BOTTOMS: Final = [
    Family("trousers", "tailored trousers", bottoms.trousers, "black, beige, grey, navy", checked="black",
           gender="men", price=49.9, print_style=2),
    Family("trousers", "wide-leg trousers", bottoms.trousers, "black, beige, white", "", "black", style="wide",
           price=44.9, print_style=2),
    Family("trousers", "joggers", bottoms.trousers, "black, grey, navy, beige", style="jogger", gender="unisex",
           price=34.9),
    Family("jeans", "straight jeans", bottoms.jeans, "blue, light blue, black, grey", weave="denim", gender="men",
           price=59.9),
    Family("jeans", "skinny jeans", bottoms.jeans, "blue, light blue, black", style="skinny", weave="denim", price=54.9),
    Family("jeans", "wide-leg jeans", bottoms.jeans, "blue, light blue, black", style="wide", weave="denim", price=64.9),
    Family("jeans", "cropped jeans", bottoms.jeans, "blue, black", style="cropped", weave="denim", price=49.9),
    Family("jeans", "bootcut jeans", bottoms.jeans, "blue, black", style="bootcut", weave="denim", price=57.9),
    Family("shorts", "chino shorts", bottoms.shorts, "beige, navy, black, green", gender="men", price=29.9),
    Family("shorts", "denim shorts", bottoms.shorts, "blue, light blue, black", weave="denim", price=32.9),
    Family("shorts", "drawstring shorts", bottoms.shorts, "grey, red", style="drawstring", gender="unisex", price=22.9),
    Family("skirts", "pleated midi skirt", bottoms.skirt_piece, "red, green, navy, black, pink", style="pleated",
           price=44.9),
    Family("skirts", "pencil skirt", bottoms.skirt_piece, "black, red, grey", style="pencil", price=39.9),
    Family("skirts", "flared midi skirt", bottoms.skirt_piece, "", "yellow, navy, red, white, black",
           polka_dot="red", style="flared", price=42.9),
    Family("skirts", "mini skirt", bottoms.skirt_piece, "red, black", "", "", "red, black", style="flared", length="mini",
           price=29.9),
]

SHOES: Final = [
    Family("shoes", "sneakers", shoes.sneakers, "white, black, grey, red, pink", gender="unisex", price=69.9),
    Family("shoes", "high-top sneakers", shoes.sneakers, "white, black, red, navy", style="high-top", weave="canvas",
           gender="unisex", price=64.9),
    Family("shoes", "canvas sneakers", shoes.sneakers, "white, navy, yellow", weave="canvas", price=44.9),
    Family("shoes", "running sneakers", shoes.sneakers, "white, turquoise", gender="unisex", price=89.9),
    Family("shoes", "leather ankle boots", shoes.boots, "black, brown", weave="leather", price=124.0),
    Family("shoes", "leather biker boots", shoes.boots, "black", weave="leather", price=149.0),
    Family("shoes", "leather dress boots", shoes.boots, "black, burgundy", weave="leather", gender="men", price=159.0),
    Family("shoes", "lined leather boots", shoes.boots, "black, grey", weave="leather", gender="unisex", price=134.0),
    Family("shoes", "leather Chelsea boots", shoes.boots, "brown, black, beige, white", weave="leather", price=119.0),
    Family("shoes", "leather high heels", shoes.pumps, "red, black, beige, white, brown", weave="patent", price=89.9),
    Family("shoes", "suede high heels", shoes.pumps, "red, black, navy", price=84.9),
    Family("shoes", "patent high heels", shoes.pumps, "red, black", weave="patent", price=94.9),
    Family("shoes", "satin high heels", shoes.pumps, "red, pink", weave="satin", price=79.9),
    Family("shoes", "classic high heels", shoes.pumps, "red, beige", weave="leather", price=74.9),
    Family("shoes", "leather loafers", shoes.loafers, "brown, black, burgundy, white, red", weave="leather",
           gender="men", price=94.9),
    Family("shoes", "leather sneakers", shoes.sneakers, "brown, white", style="leather", weave="leather", gender="men",
           price=99.9),
    Family("shoes", "suede Chelsea boots", shoes.boots, "brown, red", price=129.0, gender="men"),
]

BAGS: Final = [
    Family("bags", "leather handbag", bags.handbag, "brown, black, red, beige, navy", weave="leather", price=149.0),
    Family("bags", "top-handle leather handbag", bags.handbag, "brown, black", weave="leather", price=169.0),
    Family("bags", "structured leather handbag", bags.handbag, "brown, black, green", weave="leather", price=189.0),
    Family("bags", "leather tote handbag", bags.tote, "brown, black, burgundy", weave="leather", price=129.0),
    Family("bags", "canvas tote bag", bags.tote, "beige, red", "white", "navy", weave="canvas", price=34.9),
    Family("bags", "backpack", bags.backpack, "black, green, navy, grey, red", weave="canvas", gender="unisex",
           price=59.9),
    Family("bags", "leather backpack", bags.backpack, "brown, black", weave="leather", gender="unisex", price=139.0),
    Family("bags", "leather crossbody handbag", bags.crossbody, "black, brown, red, pink", weave="leather", price=79.9),
    Family("bags", "leather purse", bags.purse, "brown, black, red", weave="leather", price=44.9),
]

ACCESSORIES: Final = [
    Family("hats", "sun hat", accessories.sun_hat, "beige, white, brown", weave="straw", price=29.9),
    Family("hats", "felt fedora hat", accessories.sun_hat, "black, burgundy, grey", price=39.9, gender="unisex"),
    Family("hats", "baseball cap", accessories.cap, "black, navy, white, red, green", weave="canvas", gender="unisex",
           price=19.9),
    Family("hats", "beanie", accessories.beanie, "grey, black, orange, burgundy, navy", weave="rib", gender="unisex",
           price=16.9),
    Family("belts", "leather belt", accessories.belt_piece, "brown, black, beige, navy, red, white", weave="leather",
           gender="unisex", price=29.9),
    Family("scarves", "scarf", accessories.scarf, "grey, pink", "", "navy", "burgundy, green, beige", gender="unisex",
           price=24.9, print_style=2),
    Family("sunglasses", "sunglasses", accessories.sunglasses, "black, brown, red, white, blue", gender="unisex",
           price=49.9),
    Family("watches", "watch with leather strap", accessories.watch, "brown, black, navy, red, grey", weave="leather",
           gender="unisex", price=119.0),
]

FAMILIES: Final = [*DRESSES, *JUMPSUITS, *MATERNITY, *WORKWEAR, *HOODIES, *TOPS, *BOTTOMS, *SHOES, *BAGS, *ACCESSORIES]
